"""A call of a torch module as an exported program has to match it: tensors by path, and constants."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PLAIN = (bool, int, float, str)
Size = int | tuple[int, int | None] | None
"""What a program takes of one axis: a size, sizes from one up to another (None: without end), or any."""
Axes = tuple[Size, ...]


@dataclass(frozen=True)
class Form:
    """What calls must have in common to be answered by one program.

    `tensors` are (path, dtype, sizes); `constants` are the arguments without tensors, as text.
    """

    tensors: tuple[tuple[str, str, Axes], ...]
    constants: tuple[tuple[str, str], ...]

    def takes(self, other: Form) -> bool:
        """Whether a program of this form answers calls of the other."""
        return (
            self.constants == other.constants
            and len(self.tensors) == len(other.tensors)
            and all(map(_fits, self.tensors, other.tensors))
        )

    def open(self) -> Form:
        """The form of calls that differ from these in sizes alone."""
        tensors = ((path, dtype, (None,) * len(sizes)) for path, dtype, sizes in self.tensors)
        return Form(tuple(tensors), self.constants)

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"tensors": self.tensors, "constants": self.constants}

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Form:
        tensors = tuple((path, dtype, tuple(map(_size, sizes))) for path, dtype, sizes in plain["tensors"])
        return cls(tensors, tuple(map(tuple, plain["constants"])))


def _fits(mine: tuple[str, str, Axes], other: tuple[str, str, Axes]) -> bool:
    (path, dtype, sizes), (other_path, other_dtype, other_sizes) = mine, other
    return (
        (path, dtype) == (other_path, other_dtype)
        and len(sizes) == len(other_sizes)
        and all(map(_fits_size, sizes, other_sizes))
    )


def _fits_size(mine: Size, given: Size) -> bool:
    if not isinstance(mine, tuple):
        return mine in (None, given)
    low, high = mine
    return isinstance(given, int) and low <= given and (high is None or given <= high)


def _size(plain: Any) -> Size:
    return tuple(plain) if isinstance(plain, list) else plain


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
    return Form(tuple(tensors), tuple((name, text) for name, text in constants if text))


def _constant(value: Any) -> str:
    """What of an argument is no tensor: a plain value, a list's, or the kind of an object."""
    if type(value) in _PLAIN:
        return repr(value)
    if type(value) in (list, tuple):
        return ",".join(map(_constant, value))
    return "" if hasattr(value, "shape") else type(value).__name__


def shortened(given: Mapping[str, Any], accepted: Form) -> dict[str, Any] | None:
    """The call with its open axes, but for the batch, cut to about a half; None if there are none to cut.

    Axes of one size stay of one size. Caches are left as they are, and a call with tokens in them is not cut.
    """
    axes = list(_open_axes(given, accepted))
    if not axes or holds_cache(given):
        return None
    cut, lengths = copied(given), {}
    for path, axis, least in axes:
        length = given[path].shape[axis]
        lengths[length] = max(lengths.get(length, length // 2 + 1), least)
    for path, axis, _ in axes:
        cut[path] = cut[path].narrow(axis, 0, lengths[given[path].shape[axis]])
    return cut


def _open_axes(given: Mapping[str, Any], accepted: Form) -> Iterator[tuple[str, int, int]]:
    """(Argument, axis, least size) of the axes of a call that a program leaves open, but for the batch."""
    for path, _, sizes in accepted.tensors:
        for axis, size in enumerate(sizes):
            if axis and path in given and not isinstance(size, int):
                yield path, axis, size[0] if size else 0


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
