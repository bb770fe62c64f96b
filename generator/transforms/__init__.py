"""Edits that cut across templates: each a small LibCST pass in its own module, listed in order."""

from __future__ import annotations

import libcst as cst

from generator.errors import Problem, ProblemsFound
from generator.transforms import code_overlay, unused_helpers, unused_imports
from generator.transforms.facts import TransformFacts
from generator.transforms.shorten import restore, shorten

__all__ = ["TRANSFORMS", "TransformFacts", "apply", "parsed"]

# An overlay may be the last to use a helper, or the first; helpers use names that imports must bring in.
TRANSFORMS = (code_overlay.transform, unused_helpers.transform, unused_imports.transform)


def apply(source: str, facts: TransformFacts) -> str:
    """All transforms over one parse. Raises `ProblemsFound`, with the line, if there is none."""
    # What an overlay edits, LibCST has to read.
    short, stands_for = (source, {}) if facts.overlay else shorten(source)
    module = parsed(short, facts)
    for transform in TRANSFORMS:
        module = transform(module, facts)
    return restore(module.code, stands_for)


def parsed(source: str, facts: TransformFacts) -> cst.Module:
    """The syntax tree of a generated text. Raises `ProblemsFound`, with the line, if there is none."""
    try:
        return cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        message = f"does not parse: {error.message}"
        raise ProblemsFound([Problem(facts.path, error.raw_line, message, facts.hint)]) from error
