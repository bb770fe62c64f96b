"""Edits that cut across templates: each a small LibCST pass in its own module, listed in order."""

from __future__ import annotations

import libcst as cst

from generator.errors import Problem, ProblemsFound
from generator.transforms import unused_helpers, unused_imports
from generator.transforms.facts import TransformFacts
from generator.transforms.shorten import restore, shorten

__all__ = ["TRANSFORMS", "TransformFacts", "apply"]

# Helpers use names that imports must bring in, so unused imports go last.
TRANSFORMS = (unused_helpers.transform, unused_imports.transform)


def apply(source: str, facts: TransformFacts) -> str:
    """All transforms over one parse. Raises `ProblemsFound`, with the line, if there is none."""
    short, stands_for = shorten(source)
    module = _parsed(short, facts)
    for transform in TRANSFORMS:
        module = transform(module, facts)
    return restore(module.code, stands_for)


def _parsed(source: str, facts: TransformFacts) -> cst.Module:
    try:
        return cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        message = f"does not parse: {error.message}"
        raise ProblemsFound([Problem(facts.path, error.raw_line, message, facts.hint)]) from error
