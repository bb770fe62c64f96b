"""Whether a program answers what torch does, tensor by tensor, but for rounding."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from skillset_runtime import calls
from skillset_runtime.errors import SkillsetError

_HIDING = 1e30
"""Masks are filled with the lowest number of a precision, which others round."""


def check_equal(expected: Any, got: Any, tolerance: float, mask: Any = None) -> None:
    """Raise `SkillsetError` unless a program answered what torch did, tensor by tensor, but for rounding.

    Of the tokens that a mask hides nothing is read, and what attends to nothing is whatever an engine makes.
    """
    from transformers.exporters.utils import get_leaf_tensors

    wanted, found = get_leaf_tensors(expected), get_leaf_tensors(got)
    if wanted.keys() != found.keys():
        raise SkillsetError(f"the program gives {sorted(found)} where torch gives {sorted(wanted)}")
    for path, tensor in wanted.items():
        if tensor.shape != found[path].shape:
            raise SkillsetError(
                f"{path} has shape {tuple(found[path].shape)}, in torch {tuple(tensor.shape)}"
            )
        error = _relative_error(_shown(tensor, mask), _shown(found[path], mask))
        if not error <= tolerance:
            raise SkillsetError(f"{path} is off by {error:.2g} of its largest value")


def check_given_back(given: Mapping[str, Any], passed: Mapping[str, Any], answer: Any) -> None:
    """Raise `SkillsetError` for a model that writes into what it is passed, and does not give it back."""
    for name, value in passed.items():
        grown = calls.form({name: value}) != calls.form({name: given[name]})
        if grown and isinstance(answer, Mapping) and name not in answer:
            raise SkillsetError(
                f"it writes into {name} and does not give it back, so a program's would be lost"
            )


def _shown(tensor: Any, mask: Any) -> Any:
    """What a tensor, or a cache along axis 2, holds of the tokens that a (batch, tokens) mask shows."""
    if getattr(mask, "ndim", 0) != 2 or tensor.shape[:1] != mask.shape[:1]:
        return tensor
    for axis in (1, 2):
        if tensor.ndim > axis and tensor.shape[axis] == mask.shape[1]:
            return tensor.movedim(axis, 1)[mask.bool()]
    return tensor


def _relative_error(wanted: Any, found: Any) -> float:
    """How far two tensors of one shape are apart at most, relative to the largest value but at least to 1."""
    if not wanted.numel():
        return 0.0
    wanted, found = wanted.double(), found.double()
    if (found.isnan() & ~wanted.isnan()).any():
        return math.inf
    finite = wanted.abs() < _HIDING
    if not finite.any():
        return 0.0
    distance = (wanted - found)[finite].abs().max().item()
    return distance / (1 + wanted[finite].abs().max().item())
