"""A call of a torch module as an exported program has to match it: tensors by path, and constants."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import CodeType, SimpleNamespace
from typing import Any

_PLAIN = (bool, int, float, str)
_TORCH = SimpleNamespace(sym_float=float, sym_int=int, sym_max=max, sym_min=min, _sym_sqrt=math.sqrt)
_FUNCTIONS = {each.__name__: each for each in (abs, bool, float, int, max, min, round)} | {
    "math": math,
    "torch": _TORCH,
}
"""What terms of sizes are written with, as torch prints them."""
_TRIES = 512
"""Lengths that a shortened call is looked for among, about."""
Size = int | str | None
"""What a program takes of one axis: a size, an unknown (`s1`) or a term of unknowns (`s1 + 1`), or any."""
Axes = tuple[Size, ...]


@dataclass(frozen=True)
class Form:
    """What calls must have in common to be answered by one program.

    `tensors` are (path, dtype, sizes); `constants` are the arguments without tensors, as text. `conditions`
    are Python expressions of the unknowns among the sizes: where one is false the model goes another way.
    """

    tensors: tuple[tuple[str, str, Axes], ...]
    constants: tuple[tuple[str, str], ...]
    conditions: tuple[str, ...] = ()

    def takes(self, other: Form) -> bool:
        """Whether a program of this form answers calls of the other, whose sizes are numbers."""
        if self.constants != other.constants or not _alike(self.tensors, other.tensors):
            return False
        sizes = list(_paired(self.tensors, other.tensors))
        unknowns = {mine: given for mine, given in sizes if isinstance(mine, str) and mine.isidentifier()}
        terms = (
            given == (_value(mine, unknowns) if isinstance(mine, str) else mine) for mine, given in sizes
        )
        try:
            return all(terms) and all(_value(condition, unknowns) for condition in self.conditions)
        except ArithmeticError:  # torch takes it for granted that sizes are two or more, and divides by them
            return False

    def open(self) -> Form:
        """The form of calls that differ from these in sizes alone."""
        tensors = ((path, dtype, (None,) * len(sizes)) for path, dtype, sizes in self.tensors)
        return Form(tuple(tensors), self.constants)

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"tensors": self.tensors, "constants": self.constants, "conditions": self.conditions}

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Form:
        tensors = tuple((path, dtype, tuple(sizes)) for path, dtype, sizes in plain["tensors"])
        return cls(tensors, tuple(map(tuple, plain["constants"])), tuple(plain["conditions"]))


def _alike(mine: tuple[tuple[str, str, Axes], ...], others: tuple[tuple[str, str, Axes], ...]) -> bool:
    """Whether tensors are the same but for their sizes."""
    kinds = ([(path, dtype, len(sizes)) for path, dtype, sizes in each] for each in (mine, others))
    return next(kinds) == next(kinds)


def _paired(
    mine: tuple[tuple[str, str, Axes], ...], others: tuple[tuple[str, str, Axes], ...]
) -> Iterator[tuple[Size, Size]]:
    """Sizes that are not left to the caller, and those given for them."""
    for (_, _, sizes), (_, _, given) in zip(mine, others, strict=True):
        yield from ((size, each) for size, each in zip(sizes, given, strict=True) if size is not None)


def _value(term: str, unknowns: Mapping[str, Any]) -> Any:
    """Terms of a store are as trusted as the programs in it: its user alone writes both."""
    return eval(_compiled(term), {"__builtins__": {}, **_FUNCTIONS}, unknowns)


@cache
def _compiled(term: str) -> CodeType:
    return compile(term, "<sizes>", "eval")


def arguments(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """A call's arguments by name, without those that are None."""
    named = dict(kwargs)
    if args:
        signature = inspect.signature(function)
        bound = signature.bind(*args, **kwargs).arguments
        extra = next((p.name for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD), None)
        named = {**bound, **bound.pop(extra, {})} if extra else dict(bound)
    return {name: value for name, value in named.items() if value is not None}


def form(given: Mapping[str, Any]) -> Form:
    """The form of a call with these arguments."""
    from transformers.exporters.utils import get_leaf_tensors

    tensors = sorted(
        (path, str(leaf.dtype).removeprefix("torch."), tuple(leaf.shape))
        for path, leaf in get_leaf_tensors(given).items()
    )
    constants = ((name, _constant(value)) for name, value in sorted(given.items()))
    constants = ((name, text) for name, text in constants if text)
    return Form(tuple(tensors), (*constants, *_packed(given)))


def _packed(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Whether sequences that are packed into one are all as long.

    Exporters trace attention within each as if they were, and the graph does not ask (transformers 5.23:
    `exporter_dynamo._reshaped_vision_attention_forward`). `cu_...` arguments say where each ends.
    """
    for name, ends in sorted(given.items()):
        if name.startswith("cu_") and hasattr(ends, "diff"):
            yield f"{name}, lengths", "alike" if len(set(ends.diff().tolist())) == 1 else "different"


def _constant(value: Any) -> str:
    """What of an argument is no tensor: a plain value, a list's, or the kind of an object."""
    if type(value) in _PLAIN:
        return repr(value)
    if type(value) in (list, tuple):
        return ",".join(map(_constant, value))
    return "" if hasattr(value, "shape") else type(value).__name__


def shortened(given: Mapping[str, Any], accepted: Form) -> dict[str, Any] | None:
    """The call with its open axes, but for the batch, cut to about a half, or as far as a program takes it.

    None if there are none to cut. Axes keep their proportions. Caches are left as they are, and a call with
    tokens in them is not cut.
    """
    longest = max((length for _, _, length in _open_axes(given, accepted)), default=1)
    step = -(-longest // _TRIES)
    cuts = (_cut(given, accepted, kept, longest) for kept in range(max(2, longest // 2), longest, step))
    return next((cut for cut in cuts if cut), None)


def redrawn(torch: Any, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The call with other numbers from the range of its own; None if it has no tensors of such.

    A blank picture tells nothing of how it is looked at, and two that are alike nothing of which is which.
    """
    drawn, generator = copied(given), torch.Generator().manual_seed(0)
    names = [name for name, value in drawn.items() if _is_measured(torch, name, value)]
    for name in names:
        low, high = drawn[name].min().item(), drawn[name].max().item()
        values = torch.rand(drawn[name].shape, generator=generator) * (high - low or 1) + low
        drawn[name] = values.to(drawn[name])
    return drawn if names else None


def _is_measured(torch: Any, name: str, value: Any) -> bool:
    """Whether an argument is numbers of a picture, a sound or a series, and no mask."""
    return (
        torch.is_tensor(value)
        and value.is_floating_point()
        and value.numel() > 1
        and "mask" not in name
        and bool(value.isfinite().all())
    )


def of_one(given: Mapping[str, Any], accepted: Form) -> dict[str, Any] | None:
    """The call with its open axes, but for the batch, cut to one element; None if a program refuses it."""
    longest = max((length for _, _, length in _open_axes(given, accepted)), default=1)
    return _cut(given, accepted, 1, longest) if longest > 1 else None


def beyond_one(given: Mapping[str, Any], accepted: Form) -> Form:
    """The form of calls of which no axis that `of_one` cuts has one element."""
    axes = {(path, axis) for path, axis, _ in _open_axes(given, accepted)}
    sizes = ((path, axis, size) for path, _, each in accepted.tensors for axis, size in enumerate(each))
    more = [f"{size} != 1" for path, axis, size in sizes if (path, axis) in axes and size is not None]
    return replace(accepted, conditions=tuple(dict.fromkeys((*accepted.conditions, *more))))


def _open_axes(given: Mapping[str, Any], accepted: Form) -> Iterator[tuple[str, int, int]]:
    """(Argument, axis, length) that a program leaves open, but for the batch, and but for one element."""
    for path, _, sizes in accepted.tensors:
        for axis, size in enumerate(sizes):
            if axis and path in given and not isinstance(size, int) and given[path].shape[axis] > 1:
                yield path, axis, given[path].shape[axis]


def _cut(given: Mapping[str, Any], accepted: Form, kept: int, longest: int) -> dict[str, Any] | None:
    """A call with so many elements of its longest axis, and as many of the others in proportion."""
    if holds_cache(given):
        return None
    cut = dict(given)
    for path, axis, length in _open_axes(given, accepted):
        cut[path] = cut[path].narrow(axis, 0, max(1, length * kept // longest))
    return copied(cut) if accepted.takes(form(cut)) else None


def copied(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with tensors of their own: modules write into caches, and exporters into samples."""
    return {name: copy.deepcopy(value) for name, value in given.items()}


def holds_cache(given: Mapping[str, Any]) -> bool:
    """Whether a call brings what earlier ones have kept, of any kind."""
    return any(True for _ in _cached(given))


def holds_one_token(given: Mapping[str, Any]) -> bool:
    """Whether a call brings a cache of one token: a tensor of shape (batch, heads, 1, width) in it."""
    return any(leaf.ndim == 4 and leaf.shape[2] == 1 for leaf in _cached(given))


def lacks_mask(forward: Callable[..., Any], given: Mapping[str, Any]) -> bool:
    """Whether `generate`, which gives positions, has left out a mask that hides nothing."""
    return (
        "input_ids" in given
        and "position_ids" in given
        and "attention_mask" not in given
        and "attention_mask" in inspect.signature(forward).parameters
    )


def mask_of_ones(torch: Any, given: Mapping[str, Any]) -> Any:
    """A mask of shape (batch, tokens) that shows all tokens, those in the cache and those of the call.

    Where nothing is hidden the last position, of (batch, tokens), tells how many there are. A cache may not:
    what a program gives back of one with a sliding window counts as many as its sample had.
    """
    ids, positions = given["input_ids"], given["position_ids"]
    if positions.ndim == 2:
        shown = int(positions.max()) + 1
    else:  # positions in a picture, of which several tokens share one
        cache = given.get("past_key_values")
        shown = ids.shape[1] + (cache.get_seq_length() if hasattr(cache, "get_seq_length") else 0)
    return torch.ones((ids.shape[0], shown), dtype=torch.long, device=ids.device)


def _cached(given: Mapping[str, Any]) -> Iterator[Any]:
    from transformers.exporters.utils import get_leaf_tensors

    leaves = get_leaf_tensors({"past_key_values": given.get("past_key_values")})
    return (leaf for leaf in leaves.values() if leaf.numel())
