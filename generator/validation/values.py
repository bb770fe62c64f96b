"""What an answer is made of: plain Python, arrays, tensors; every comparison sees them this way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeGuard

import numpy as np

MAX_DEPTH = 40
MARK = "$type"
TABLE = "table"
_KINDS = {"b": "bool", "i": "int", "u": "int", "f": "float"}


class Unfit(TypeError):
    """An answer holds something that is neither plain Python, an array nor a tensor."""


class TooDeep(ValueError):
    """An answer is nested without end, or nearly so."""


@dataclass(frozen=True)
class Array:
    """A numeric numpy array or torch tensor of any rank, with the name of the dtype it had.

    `values` holds a bfloat16 tensor as float32, since numpy has no such dtype.
    """

    values: np.ndarray
    dtype: str

    @property
    def kind(self) -> str:
        """`bool`, `int` or `float`."""
        return _KINDS[self.values.dtype.kind]

    def __str__(self) -> str:
        return f"array of {self.dtype}, shape {list(self.values.shape)}"


@dataclass(frozen=True)
class Summary:
    """What is kept of an array or of many numbers: all `values` of few, else the statistics."""

    type: str
    dtype: str
    shape: tuple[int, ...]
    values: Any = None
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None
    sample: tuple[Any, ...] = ()
    probe: tuple[float, ...] = ()
    digest: str | None = None
    nonfinite: str | None = None

    def plain(self) -> dict[str, Any]:
        """As data for YAML or JSON, without what is not set."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        kept = {name: value for name, value in found.items() if value is not None and value != ()}
        kept["shape"] = self.shape
        del kept["type"]
        listed = {name: list(v) if isinstance(v, tuple) else v for name, v in kept.items()}
        return {MARK: self.type, **listed}

    @classmethod
    def parse(cls, plain: Mapping[str, Any]) -> Summary:
        """The inverse of `plain`."""
        named = {name: value for name, value in plain.items() if name != MARK}
        frozen = {n: tuple(v) if isinstance(v, list) and n != "values" else v for n, v in named.items()}
        return cls(type=plain[MARK], **frozen)

    @property
    def kind(self) -> str:
        """`bool`, `int` or `float`, whatever the width."""
        return next(kind for kind in ("bool", "int", "float") if kind in self.dtype)

    def __str__(self) -> str:
        return f"{self.type} of {self.dtype}, shape {list(self.shape)}"


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a value is compared key by key."""
    return isinstance(value, Mapping)


def is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether a value is compared item by item: a list, or a tuple, which counts as one."""
    return isinstance(value, list | tuple)


def normal(value: Any) -> Any:
    """The value as `Array` if it is a numeric array or tensor with axes, else as plain Python.

    A numpy scalar and an array without axes are the number they hold; an array of strings or
    objects is a list. Anything else is left as it is.
    """
    if _is_tensor(value):
        return _scalar_or_array(_tensor_to_numpy(value), str(value.dtype).removeprefix("torch."))
    if isinstance(value, np.ndarray | np.generic):
        return _scalar_or_array(np.asarray(value), value.dtype.name)
    return value


def _is_tensor(value: Any) -> bool:
    """True for `torch.Tensor` and what derives from it, without importing torch."""
    return any(base.__module__ == "torch" and base.__name__ == "Tensor" for base in type(value).__mro__)


def _tensor_to_numpy(tensor: Any) -> np.ndarray:
    plain = tensor.detach().cpu()
    narrow = plain.is_floating_point() and plain.element_size() <= 2
    return (plain.float() if narrow else plain).numpy()


def _scalar_or_array(values: np.ndarray, dtype: str) -> Any:
    if values.dtype.kind not in _KINDS:
        return values.tolist()
    return Array(values, dtype) if values.ndim else values.item()


def type_name(value: Any) -> str:
    """The type of a normal value as a person would name it: `float`, `list`, `array of float32`."""
    if value is None:
        return "none"
    if isinstance(value, Array):
        return f"array of {value.dtype}"
    if isinstance(value, Summary):
        return f"{value.type} of {value.dtype}"
    if is_mapping(value):
        return "dict"
    if is_sequence(value):
        return "list"
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain.__name__
    return f"{type(value).__module__}.{type(value).__qualname__}"


def count(value: Any, depth: int = 0) -> int:
    """How many leaves a value has; a container is one beside its items, so an empty one counts."""
    check_depth(depth)
    if is_mapping(value):
        return 1 + sum(count(item, depth + 1) for item in value.values())
    if is_sequence(value):
        return 1 + sum(count(item, depth + 1) for item in value)
    return 1


def check_depth(depth: int) -> None:
    """Raise `TooDeep` rather than recurse without end into a value that holds itself."""
    if depth > MAX_DEPTH:
        raise TooDeep(f"the answer is nested more than {MAX_DEPTH} levels deep; does it hold itself?")


@dataclass(frozen=True)
class Grid:
    """A rectangular nested list of numbers of one kind: its shape; the numbers in reading order."""

    shape: tuple[int, ...]
    kind: str
    numbers: tuple[Any, ...]


def grid(value: Any) -> Grid | None:
    """A nested list as a grid; None if it is ragged or empty, or not numbers of one kind."""
    shape, level = [], [value]
    while all(is_sequence(item) for item in level):
        check_depth(len(shape))
        if len({len(item) for item in level}) != 1:
            return None
        shape.append(len(level[0]))
        level = [normal(number) for item in level for number in item]
        if not level:
            return None
    kinds = {type_name(number) for number in level}
    if not shape or len(kinds) != 1 or not kinds <= {"bool", "int", "float"}:
        return None
    return Grid(tuple(shape), kinds.pop(), tuple(level))


def round_significant(number: float, digits: int = 6) -> float:
    """A float cut to so many significant digits, NaN and the infinities as they are."""
    return float(f"{number:.{digits}g}") if math.isfinite(number) else float(number)


def typed(value: Any) -> str:
    """A value in a few words, with its type."""
    if isinstance(value, bool | int | float | str):
        return f"{type_name(value)} {show(value)}"
    return show(value)


def show(value: Any) -> str:
    """A value in a few words, for a message."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if value is None or isinstance(value, bool | int | str):
        text = repr(value)
        return text if len(text) <= 80 else f"{text[:77]}..."
    if isinstance(value, Array | Summary):
        return str(value)
    if is_mapping(value) or is_sequence(value):
        return f"{type_name(value)} of {len(value)}"
    return type_name(value)
