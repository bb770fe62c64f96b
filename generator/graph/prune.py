"""Finds the generated files that no spec owns any more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from generator.graph.keys import output_path
from generator.graph.steps import Output
from generator.naming import Layout

# Stands for a model type in a path; made of characters that naming keeps as they are.
_ANY = "anymodeltype"


def orphans(layout: Layout, written: Iterable[Output]) -> tuple[Path, ...]:
    """Files named like outputs whose model type has no spec file, good or bad; relative to the root, sorted.

    Only what is committed counts: nobody is misled by a leftover in the cache.
    """
    models = [spec.stem for spec in (layout.specs / "models").glob("*.yaml")]
    committed = [output for output in written if output(layout, _ANY).is_relative_to(layout.generated)]
    return tuple(sorted(path for output in committed for path in _orphans_of(layout, output, models)))


def _orphans_of(layout: Layout, output: Output, models: list[str]) -> list[Path]:
    folder, _, name = output_path(output, _ANY).rpartition("/")
    pattern = re.compile(re.escape(name).replace(_ANY, r"[A-Za-z0-9][A-Za-z0-9._-]*"))
    owned = {output_path(output, model).rpartition("/")[2] for model in models}
    there = layout.root / folder
    names = [file.name for file in there.iterdir()] if there.is_dir() else []
    return [Path(folder, file) for file in names if pattern.fullmatch(file) and file not in owned]
