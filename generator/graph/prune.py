"""Finds the generated files that no spec owns any more, and the specs of types that transformers dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from generator.graph.keys import output_path
from generator.graph.steps import Output
from generator.naming import Layout

# Stands for a model type in a path; made of characters that naming keeps as they are.
_ANY = "anymodeltype"


def orphans(layout: Layout, written: Iterable[Output], models: list[str]) -> tuple[Path, ...]:
    """Files named like outputs, of none of the models; relative to the root, sorted.

    Only what is committed counts: nobody is misled by a leftover in the cache.
    """
    committed = [output for output in written if output(layout, _ANY).is_relative_to(layout.generated)]
    return tuple(sorted(path for output in committed for path in _orphans_of(layout, output, models)))


def vanished(layout: Layout, written: Iterable[Output], types: set[str]) -> dict[str, tuple[Path, ...]]:
    """Model type with a spec that is not among the types → its files; relative to the root, sorted.

    Without any type nothing is known to have vanished.
    """
    models = sorted(spec.stem for spec in (layout.specs / "models").glob("*.yaml"))
    committed = [output for output in written if output(layout, _ANY).is_relative_to(layout.generated)]
    kinds = [Layout.model_spec, Layout.overlay, Layout.code_overlay, *committed]
    gone = [name for name in models if types and name not in types]
    return {name: tuple(_existing(layout, kinds, name)) for name in gone}


def installed_types() -> set[str]:
    """Every model type of the installed transformers, a part or not; none where it is not installed."""
    from generator.sources.source import installed  # only a few commands have need of it

    transformers = installed()
    return set(transformers.mappings.configs) if transformers else set()


def _existing(layout: Layout, kinds: Iterable[Output], name: str) -> list[Path]:
    paths = (Path(output_path(kind, name)) for kind in kinds)
    return sorted(path for path in paths if (layout.root / path).exists())


def _orphans_of(layout: Layout, output: Output, models: list[str]) -> list[Path]:
    folder, _, name = output_path(output, _ANY).rpartition("/")
    pattern = re.compile(re.escape(name).replace(_ANY, r"[A-Za-z0-9][A-Za-z0-9._-]*"))
    owned = {output_path(output, model).rpartition("/")[2] for model in models}
    there = layout.root / folder
    names = [file.name for file in there.iterdir()] if there.is_dir() else []
    return [Path(folder, file) for file in names if pattern.fullmatch(file) and file not in owned]
