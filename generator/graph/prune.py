"""Finds the generated files that no spec owns any more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from generator.graph.steps import Output
from generator.naming import Layout

# Stands for a model type in a path; made of characters that naming keeps as they are.
_ANY = "anymodeltype"


def orphans(layout: Layout, written: Iterable[Output]) -> tuple[Path, ...]:
    """Files named like outputs whose model type has no spec file, good or bad; relative to the root, sorted.

    Only what is committed counts: nobody is misled by a leftover in the cache.
    """
    models = [spec.stem for spec in (layout.specs / "models").glob("*.yaml")]
    found = [orphan for output in written for orphan in _orphans_of(layout, output, models)]
    return tuple(sorted(path for path in found if (layout.root / path).is_relative_to(layout.generated)))


def _orphans_of(layout: Layout, output: Output, models: list[str]) -> list[Path]:
    template = output(layout, _ANY)
    pattern = re.compile(re.escape(template.name).replace(_ANY, r"[A-Za-z0-9][A-Za-z0-9._-]*"))
    owned = {output(layout, model).name for model in models}
    return [
        path.relative_to(layout.root)
        for path in (template.parent.iterdir() if template.parent.is_dir() else ())
        if pattern.fullmatch(path.name) and path.name not in owned
    ]
