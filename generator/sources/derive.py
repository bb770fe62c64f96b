"""Derives the spec of a model type from transformers and the docs, with the origin of every fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.errors import Problem, ProblemsFound
from generator.sources import source
from generator.sources.docs import DocsPage
from generator.sources.docs_facts import checkpoints, disagreements, docs_facts, task_checkpoint
from generator.sources.dump import dump
from generator.sources.library import Library
from generator.sources.merge import DOCS, RULE, SOURCE, Fact, Facts, Underivable, disagreement, kept
from generator.sources.source import Processor, Transformers
from generator.sources.source_facts import source_facts
from generator.specs.schema import Family, ModelSpec, Task, TaskBinding

__all__ = ["Derived", "Named", "Sources", "derive_from", "dump"]


@dataclass(frozen=True)
class Derived:
    """A derived spec, what its sources disagree on, and what none of them says."""

    spec: ModelSpec
    conflicts: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Sources:
    """Where facts come from; either may be absent."""

    transformers: Transformers | None
    library: Library | None

    @classmethod
    def of(cls, docs: Path | None) -> Sources:
        """The installed transformers, and a `model_doc` folder."""
        return cls(source.installed(), Library(docs) if docs else None)


@dataclass(frozen=True)
class Named:
    """What an overlay names because no source does, and other facts follow from."""

    checkpoint: Fact | None = None
    processors: tuple[Processor, ...] = ()


NOTHING_NAMED = Named()


def derive_from(
    sources: Sources,
    model_type: str,
    previous: ModelSpec | None,
    tasks: Mapping[str, Task],
    families: Mapping[str, Family],
    named: Named = NOTHING_NAMED,
) -> Derived:
    """Derive one spec. `previous` is the one on disk: facts of a source that is absent now are kept from it.

    `named` is what an overlay says of a type of which no source does.
    Raises `ProblemsFound` where the type's page cannot be read, or no source knows the type.
    """
    where = f"specs/models/{model_type}.yaml"
    if sources.transformers is not None and named.processors:
        sources.transformers.named[model_type] = named.processors
    from_source = _from_source(sources.transformers, model_type, previous, tasks, families, where)
    page = _page(sources, from_source)
    facts = _merged(from_source, page, previous)
    facts.add("checkpoint", named.checkpoint)
    if page is not None and sources.transformers is not None:
        facts.conflicts += disagreements(page, sources.transformers, facts.found.get("attention"))
    missing = (*_absent(sources, model_type), *_missing(facts, page))
    return Derived(_spec(facts, where), tuple(facts.conflicts), missing)


def _from_source(
    transformers: Transformers | None,
    model_type: str,
    previous: ModelSpec | None,
    tasks: Mapping[str, Task],
    families: Mapping[str, Family],
    where: str,
) -> dict[str, Fact]:
    """What the installed source says now; without it, or without the type in it, what it said before."""
    if transformers is not None and (previous is None or transformers.config(model_type) is not None):
        return source_facts(transformers, model_type, tasks, families, where)
    if previous is None:
        raise ProblemsFound(
            [Problem(where, None, "transformers is not installed", "install it to derive specs")]
        )
    return kept(previous, SOURCE, RULE)


def _page(sources: Sources, facts: Mapping[str, Fact]) -> DocsPage | None:
    if sources.library is None:
        return None
    names = (facts[path].value for path in ("model_type", "package", "config_class"))
    return sources.library.page_about(*names)


def _merged(from_source: Mapping[str, Fact], page: DocsPage | None, previous: ModelSpec | None) -> Facts:
    """The source's facts before those of the docs, but for the title: a class name is a poor one."""
    from_docs = docs_facts(page) if page else kept(previous, DOCS)
    facts = Facts()
    facts.add("title", from_docs.get("title"))
    for path, fact in from_source.items():
        facts.add(path, fact)
    for path, fact in from_docs.items():
        parent = path.rpartition(".")[0]
        if not parent or parent in facts.found:  # a task that is gone takes its kept checkpoint with it
            facts.add(path, fact)
    if page:
        _add_checkpoints(facts, page)
    return facts


def _add_checkpoints(facts: Facts, page: DocsPage) -> None:
    """The samples' checkpoint is the default where the source has none, and a task's own where it differs."""
    tasks = {
        path.removeprefix("tasks."): fact.value
        for path, fact in facts.found.items()
        if _is_binding(path, fact)
    }
    used = checkpoints(page, tasks, facts.value("heads") or {})
    default = facts.found.get("checkpoint")
    if default is None:
        facts.add("checkpoint", next(iter(used), None))
    elif used and default.value not in {fact.value for fact in used}:
        facts.conflicts.append(disagreement("checkpoint", default, used[0]))
    for name, binding in tasks.items():
        fact = task_checkpoint(page, name, binding)
        if fact is not None and fact.value != facts.value("checkpoint"):
            facts.add(f"tasks.{name}.checkpoint", fact)


def _is_binding(path: str, fact: Fact) -> bool:
    return path.startswith("tasks.") and isinstance(fact.value, TaskBinding)


def _absent(sources: Sources, model_type: str) -> Iterator[str]:
    if sources.transformers is None:
        yield "transformers: not installed; what it said before is kept"
    elif sources.transformers.config(model_type) is None:
        yield f'transformers: the installed one has no model type "{model_type}"; what it said before is kept'
    if sources.library is None:
        yield "docs: no folder is set; what they said before is kept"


def _missing(facts: Facts, page: DocsPage | None) -> Iterator[str]:
    wanted = ("docs_page", "released", "added", "paper", "checkpoint")
    for path in wanted:
        if facts.value(path) is None:
            yield f"{path}: no source says" if page is None else f"{path}: not on {page.path}"


def _spec(facts: Facts, where: str) -> ModelSpec:
    for needed in ("title", "checkpoint"):
        if facts.value(needed) is None:
            message = f"no source names a {needed}"
            raise Underivable(Problem(where, None, message, "name one in an overlay"), message)
    data: dict[str, Any] = {path: fact.value for path, fact in facts.found.items() if "." not in path}
    data["processors"] = tuple(
        item for name in facts.found if name.startswith("processors.") for item in facts.value(name)
    )
    data["tasks"] = {
        path.removeprefix("tasks."): _task(facts, path)
        for path, fact in facts.found.items()
        if _is_binding(path, fact)
    }
    start = "placeholders."
    data["placeholders"] = {
        path.removeprefix(start): fact.value for path, fact in facts.found.items() if path.startswith(start)
    }
    return ModelSpec(**data, provenance=facts.provenance())


def _task(facts: Facts, path: str) -> TaskBinding:
    own = {name: facts.value(f"{path}.{name}") for name in ("inputs", "outputs", "checkpoint")}
    return facts.value(path).model_copy(
        update={name: value for name, value in own.items() if value is not None}
    )
