"""Finds what this toolchain wrote and no spec owns any more, and specs of types that transformers dropped."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generator import manifest
from generator.graph.keys import output_path
from generator.manifest import Author, Manifest
from generator.naming import Layout

if TYPE_CHECKING:
    from generator.graph.build import Build

OUTPUTS = (Layout.test, Layout.expectations, Layout.requirements, Layout.skillset, Layout.matrix)
"""What a model type has below `generated/`, or may have."""


@dataclass(frozen=True)
class Leftover:
    """A file that there is no reason for any more."""

    path: str
    reason: str
    by_hand: bool
    """It is not as this toolchain left it, so it is a person's to remove."""


def owned(models: Iterable[str]) -> frozenset[str]:
    """The paths below `generated/` that model types account for, and those that all of them share."""
    layout = Layout(Path())
    shared = (layout.matrix_page, layout.mutants_page, layout.manifest)
    of_models = (output_path(kind, model) for model in models for kind in OUTPUTS)
    return frozenset([*(path.as_posix() for path in shared), *of_models])


def orphans(layout: Layout, owners: Container[str]) -> tuple[Path, ...]:
    """What this toolchain wrote below `generated/` and nobody accounts for; relative to the root, sorted."""
    unowned = [path for path in manifest.read(layout).digests if path not in owners]
    return tuple(Path(path) for path in sorted(unowned) if (layout.root / path).is_file())


def vanished(layout: Layout, types: set[str]) -> dict[str, tuple[Path, ...]]:
    """Model type with a spec that is not among the types → its files; relative to the root, sorted.

    Without any type nothing is known to have vanished.
    """
    models = sorted(spec.stem for spec in (layout.specs / "models").glob("*.yaml"))
    kinds = [Layout.model_spec, Layout.overlay, Layout.code_overlay, *OUTPUTS]
    gone = [name for name in models if types and name not in types]
    return {name: tuple(_existing(layout, kinds, name)) for name in gone}


def leftovers(build: Build) -> list[Leftover]:
    """Everything that could be removed, and what of it a person has changed."""
    why = dict.fromkeys(build.orphans(), "no spec owns it")
    for model_type, paths in build.vanished().items():
        why |= dict.fromkeys(paths, f'transformers has no type "{model_type}"')
    signed = manifest.read(build.layout)
    return [
        Leftover(path.as_posix(), reason, _is_by_hand(build.layout, path, signed))
        for path, reason in sorted(why.items())
    ]


def installed_types() -> set[str]:
    """Every model type of the installed transformers, a part or not; none where it is not installed."""
    from generator.sources.source import installed  # only a few commands have need of it

    transformers = installed()
    return set(transformers.mappings.configs) if transformers else set()


def _is_by_hand(layout: Layout, path: Path, signed: Manifest) -> bool:
    """Specs are signed for by nobody, and removed when they are asked to be."""
    file = layout.root / path
    ours = signed.author(path.as_posix(), file.read_bytes()) is Author.OURS
    return layout.generated in file.parents and not ours


def _existing(layout: Layout, kinds: Iterable, name: str) -> list[Path]:
    paths = (Path(output_path(kind, name)) for kind in kinds)
    return sorted(path for path in paths if (layout.root / path).exists())
