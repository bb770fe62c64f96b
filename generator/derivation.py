"""Derives a model's spec and publishes it: the adapter between the task graph and `generator.sources`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.publish import encode, publish
from generator.settings import docs_dir
from generator.sources.derive import Named, Sources, derive_from, dump
from generator.sources.merge import Fact
from generator.sources.source import Processor
from generator.specs import catalogue
from generator.specs.schema import ModelSpec, ProcessorKind
from generator.specs.typed import validate
from generator.specs.yaml_source import read


def derive(layout: Layout, model_type: str, docs: str | None, report: Callable[[str], None]) -> None:
    """Derive one spec again; what the sources disagree on and what none of them says is reported.

    Raises `ProblemsFound` where the docs cannot be read, or no source knows the type.
    """
    families, tasks, _ = vocabulary_of(layout)
    previous = previous_spec(layout, model_type, report)
    sources, named = sources_of(docs_dir(layout, docs)), named_by_overlay(layout, model_type)
    derived = derive_from(sources, model_type, previous, tasks, families, named)
    for line in (*derived.conflicts, *derived.missing):
        report(line)
    path = layout.model_spec(model_type)
    written = publish({path: encode(dump(derived.spec))}, layout).written
    report("changed" if written and previous else "new" if written else "unchanged")


def named_by_overlay(layout: Layout, model_type: str) -> Named:
    """The checkpoint and the processors that a type's overlay names, which decide what else can be derived.

    What is wrong with an overlay is told when it is loaded.
    """
    path = layout.overlay(model_type)
    located = catalogue.Loader(layout).get(catalogue.OVERLAYS, model_type) if path.exists() else None
    given = [entry.set for entry in (located.value.entries if located else ())]
    origin = f"overlay {path.relative_to(layout.root).as_posix()}"
    checkpoint = next((values["checkpoint"] for values in given if "checkpoint" in values), None)
    listed = next((values["processors"] for values in given if "processors" in values), ())
    return Named(Fact(checkpoint, origin) if checkpoint else None, _by_kind(listed, origin))


def _by_kind(listed: Iterable[Mapping[str, str]], origin: str) -> tuple[Processor, ...]:
    """Processors kind by kind, of the list that a spec has of all their classes."""
    found: dict[str, dict[str | None, str]] = {}
    for item in listed:
        found.setdefault(item["kind"], {})[item.get("backend")] = item["class_name"]
    return tuple(Processor(ProcessorKind(kind), classes, origin) for kind, classes in found.items())


def previous_spec(layout: Layout, model_type: str, report: Callable[[str], None]) -> ModelSpec | None:
    """The spec as derived before, without its overlay; a damaged one is said to be, and made anew."""
    path = layout.model_spec(model_type)
    if not path.exists():
        return None
    try:
        return validate(ModelSpec, read(path, layout.root)).value
    except ProblemsFound as found:
        for problem in found.problems:
            report(f"{problem} (derived anew; what only the docs said of it is lost without them)")
        return None


# Kept for the run: opening the sources costs as much as deriving some specs from them.
sources_of = lru_cache(maxsize=1)(Sources.of)
vocabulary_of = lru_cache(maxsize=1)(catalogue.load_vocabulary)
