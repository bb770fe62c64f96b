"""The code overlay of a skillset that was just rendered, if it has one, and if that still fits."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from generator import transforms
from generator.code_overlay import check, history, parse
from generator.errors import raise_if_any
from generator.naming import Layout
from generator.sanity.subject import GeneratedFile


def fitted(file: GeneratedFile, layout: Layout, model_type: str) -> GeneratedFile:
    """The skillset with its overlay, for the transforms to lay over it; `ProblemsFound` for a conflict."""
    overlay = parse.load(layout, model_type)
    if overlay is None:
        return file
    earlier = partial(history.pinned_text, layout, model_type, overlay)
    module = transforms.parsed(file.text, file.facts)
    raise_if_any(check.problems(overlay, module, file.facts.template_of, earlier))
    return GeneratedFile(file.text, replace(file.facts, overlay=overlay))
