"""The one comparison of two answers, used wherever the project says that two answers agree.

Every leaf of the two answers (a number, a string, an array, and each container itself) gets a
status and a score: 1 if equal; from 1 down to 0.9 the nearer a float is to the edge of its
tolerance; from 0.5 down to 0 the further it is beyond; 0 for any other difference. The status of
the whole is that of its worst leaf. The confidence is the mean score (an array's score is the mean
of its elements'), halved if any leaf is more than close: at least 0.9 means that the answers agree,
at most 0.5 that they do not, and a further difference never raises it.

Not a difference: list and tuple, a numpy scalar and the Python number, a tensor and an array, two
dtypes of one kind (the looser tolerance holds), 0.0 and -0.0, NaN and NaN. A difference of type:
bool and int, int and float, a list and an array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from generator.validation.tolerances import DEFAULT, Tolerance, Tolerances
from generator.validation.values import (
    Array,
    Unfit,
    check_depth,
    count,
    is_mapping,
    is_sequence,
    normal,
    show,
    type_name,
    typed,
)

SHOWN = 8
"""How many differences a comparison keeps."""


class Status(StrEnum):
    """How two answers relate, from the best to the worst."""

    EXACT = "exact"
    CLOSE = "close"
    VALUE_MISMATCH = "value mismatch"
    LENGTH_MISMATCH = "length mismatch"
    EXTRA_KEY = "extra key"
    MISSING_KEY = "missing key"
    SHAPE_MISMATCH = "shape mismatch"
    TYPE_MISMATCH = "type mismatch"

    @property
    def severity(self) -> int:
        return list(Status).index(self)

    @property
    def agrees(self) -> bool:
        return self in (Status.EXACT, Status.CLOSE)


@dataclass(frozen=True)
class Difference:
    """One place where two answers differ: `fills[0][1].score`, and what is wrong there."""

    path: str
    status: Status
    message: str

    def __str__(self) -> str:
        return f"{self.path or 'the answer'}: {self.message}"


@dataclass(frozen=True)
class Comparison:
    """The worst status, the confidence from 0 to 1, the first differences and their number."""

    status: Status
    confidence: float
    differences: tuple[Difference, ...] = ()
    total: int = 0

    @property
    def agrees(self) -> bool:
        return self.status.agrees

    def __str__(self) -> str:
        hidden = self.total - len(self.differences)
        more = [f"and {hidden} more"] if hidden else []
        return "\n".join([*map(str, self.differences), *more]) or str(self.status)


@dataclass(frozen=True)
class Leaf:
    """The verdict on one leaf; `weight` is how many leaves it stands for."""

    path: str
    status: Status
    score: float
    message: str = ""
    weight: int = 1


LeafComparer = Callable[[Any, Any, str], Leaf]


def compare(expected: Any, actual: Any, tolerances: Tolerances = DEFAULT) -> Comparison:
    """Compare two answers; see the module for what counts as a difference.

    Raises `TooDeep` for an answer that holds itself, `Unfit` for two values of one type that is
    neither plain Python nor an array or tensor.
    """

    def leaf(one: Any, other: Any, path: str) -> Leaf:
        return compare_leaf(one, other, path, tolerances)

    return summarize(walk(expected, actual, leaf))


def summarize(leaves: Iterable[Leaf]) -> Comparison:
    """The verdict on the whole, from the verdicts on the leaves."""
    found = list(leaves)
    worst = max((leaf.status for leaf in found), key=lambda status: status.severity)
    mean = sum(leaf.score * leaf.weight for leaf in found) / sum(leaf.weight for leaf in found)
    wrong = [leaf for leaf in found if not leaf.status.agrees]
    shown = tuple(Difference(leaf.path, leaf.status, leaf.message) for leaf in wrong[:SHOWN])
    return Comparison(worst, mean if worst.agrees else mean / 2, shown, len(wrong))


def walk(expected: Any, actual: Any, leaf: LeafComparer, path: str = "", depth: int = 0) -> Iterator[Leaf]:
    """The verdict on every leaf, in the order of `expected`; `leaf` judges what holds no other."""
    check_depth(depth)
    expected, actual = normal(expected), normal(actual)
    if is_mapping(expected) and is_mapping(actual):
        yield from _walk_mapping(expected, actual, leaf, path, depth)
    elif is_sequence(expected) and is_sequence(actual):
        yield from _walk_sequence(expected, actual, leaf, path, depth)
    else:
        yield leaf(expected, actual, path)


def _walk_mapping(expected, actual, leaf: LeafComparer, path: str, depth: int) -> Iterator[Leaf]:
    yield Leaf(path, Status.EXACT, 1.0)
    for key, value in expected.items():
        where = key_path(path, key)
        if key in actual:
            yield from walk(value, actual[key], leaf, where, depth + 1)
        else:
            message = f"missing; expected {show(normal(value))}"
            yield Leaf(where, Status.MISSING_KEY, 0.0, message, count(value, depth))
    for key in actual:
        if key not in expected:
            message = f"not expected; got {show(normal(actual[key]))}"
            weight = count(actual[key], depth)
            yield Leaf(key_path(path, key), Status.EXTRA_KEY, 0.0, message, weight)


def _walk_sequence(expected, actual, leaf: LeafComparer, path: str, depth: int) -> Iterator[Leaf]:
    yield Leaf(path, Status.EXACT, 1.0)
    for index, (one, other) in enumerate(zip(expected, actual, strict=False)):
        yield from walk(one, other, leaf, f"{path}[{index}]", depth + 1)
    if len(expected) != len(actual):
        message = f"expected {len(expected)} items, got {len(actual)}"
        shared = min(len(expected), len(actual))
        rest = [*expected[shared:], *actual[shared:]]
        yield Leaf(path, Status.LENGTH_MISMATCH, 0.0, message, count(rest, depth))


def key_path(path: str, key: Any) -> str:
    """The path of an item of a mapping: `labels.score`, or `labels[3]` if the key is no text."""
    if not isinstance(key, str):
        return f"{path}[{key!r}]"
    return f"{path}.{key}" if path else key


def compare_leaf(expected: Any, actual: Any, path: str, tolerances: Tolerances) -> Leaf:
    """The verdict on two normal values that are not containers of the same sort."""
    if isinstance(expected, Array) and isinstance(actual, Array):
        return _compare_arrays(expected, actual, path, tolerances)
    one, other = type_name(expected), type_name(actual)
    if one != other:
        return mistyped(expected, actual, path)
    if one not in ("none", "bool", "int", "float", "str"):
        raise Unfit(f"{path or 'the answer'}: cannot compare {one}")
    if expected == actual:
        return Leaf(path, Status.EXACT, 1.0)
    if one == "float":
        return compare_floats(expected, actual, path, tolerances.between(one))
    return Leaf(path, Status.VALUE_MISMATCH, 0.0, f"expected {show(expected)}, got {show(actual)}")


def mistyped(expected: Any, actual: Any, path: str) -> Leaf:
    """The verdict on two values of different types."""
    message = f"expected {typed(expected)}, got {typed(actual)}"
    return Leaf(path, Status.TYPE_MISMATCH, 0.0, message, max(count(expected), count(actual)))


def compare_floats(expected: float, actual: float, path: str, tolerance: Tolerance) -> Leaf:
    """The verdict on two floats."""
    ratio = float(_ratios(np.asarray(expected), np.asarray(actual), tolerance))
    status, score = judge_ratio(ratio)
    message = "" if status.agrees else _off(expected, actual, tolerance)
    return Leaf(path, status, score, message)


def judge_ratio(ratio: float) -> tuple[Status, float]:
    """Status and score of a distance in tolerances: 0 is equal, 1 the edge, above 1 too far."""
    if ratio == 0:
        return Status.EXACT, 1.0
    if ratio <= 1:
        return Status.CLOSE, 1.0 - 0.1 * ratio
    return Status.VALUE_MISMATCH, 0.5 / ratio


def _ratios(expected: np.ndarray, actual: np.ndarray, tolerance: Tolerance | None) -> np.ndarray:
    """Distances in tolerances, element by element; without a tolerance only equality will do."""
    same = (expected == actual) | ((expected != expected) & (actual != actual))
    if tolerance is None:
        return np.where(same, 0.0, np.inf)
    with np.errstate(all="ignore"):
        ratios = np.abs(expected - actual) / tolerance.allowed(expected, actual)
    return np.where(same, 0.0, np.where(np.isfinite(ratios), ratios, np.inf))


def _compare_arrays(expected: Array, actual: Array, path: str, tolerances: Tolerances) -> Leaf:
    if expected.kind != actual.kind:
        return mistyped(expected, actual, path)
    shapes = expected.values.shape, actual.values.shape
    if shapes[0] != shapes[1]:
        message = f"expected shape {list(shapes[0])}, got {list(shapes[1])}"
        return Leaf(path, Status.SHAPE_MISMATCH, 0.0, message)
    if not expected.values.size:
        return Leaf(path, Status.EXACT, 1.0)
    tolerance = tolerances.between(expected.dtype, actual.dtype)
    return _compare_elements(expected, actual, path, tolerance if expected.kind == "float" else None)


def _compare_elements(expected: Array, actual: Array, path: str, tolerance: Tolerance | None) -> Leaf:
    one, other = (_widened(array) for array in (expected, actual))
    ratios = _ratios(one, other, tolerance)
    status, _ = judge_ratio(ratios.max())
    score = float(np.mean([judge_ratio(ratio)[1] for ratio in ratios.flat]))
    if status.agrees:
        return Leaf(path, status, score)
    at = np.unravel_index(ratios.argmax(), ratios.shape)
    index = ", ".join(map(str, at))
    worst = _off(one[at].item(), other[at].item(), tolerance)
    message = f"{int((ratios > 1).sum())} of {ratios.size} values differ, most at [{index}]: {worst}"
    return Leaf(path, status, score, message)


def _widened(array: Array) -> np.ndarray:
    """Floats as float64, so that their difference is not itself rounded away."""
    return array.values.astype(np.float64) if array.kind == "float" else array.values


def _off(expected: Any, actual: Any, tolerance: Tolerance | None) -> str:
    with np.errstate(all="ignore"):
        distance = abs(np.float64(expected) - np.float64(actual))
        allowed = 0 if tolerance is None else tolerance.allowed(expected, actual)
    off = f" (off by {distance:.6g}, tolerance {allowed:.6g})" if np.isfinite(distance) else ""
    return f"expected {show(expected)}, got {show(actual)}{off}"
