"""Derives the specs of all model types at once, and tells what a new transformers release changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from textwrap import wrap

from generator.derivation import named_by_overlay, previous_spec, sources_of, vocabulary_of
from generator.errors import Problem, ProblemsFound, raise_if_any
from generator.graph import tools
from generator.naming import Layout, skillset_name
from generator.publish import encode, publish
from generator.settings import docs_dir
from generator.sources.changes import Changes, changes
from generator.sources.derive import Derived, Sources, derive_from, dump
from generator.sources.merge import Underivable
from generator.specs.schema import ModelSpec

LOG = "specs.txt"
_WIDTH = 110

Report = Callable[[str], None]
Progress = Callable[[int, int, str], None]
"""How many types are done, of how many, and the one at hand."""


@dataclass
class Sweep:
    """What came of deriving all types."""

    specs: dict[str, ModelSpec] = field(default_factory=dict)
    appeared: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    changed: dict[str, Changes] = field(default_factory=dict)
    underivable: dict[str, Underivable] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    """Types that cannot be derived any more, whose committed spec stays."""
    conflicts: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def derive_all(layout: Layout, docs: str | None, progress: Progress, report: Report) -> None:
    """Derive the spec of every top-level type of the installed transformers, and of every type that has one.

    A type that no task fits, or that transformers no longer has, is told of and is no error. Raises
    `ProblemsFound` at the end where a source is broken; everything else is derived and written all the same.
    """
    started = time.monotonic()
    sources = sources_of(docs_dir(layout, docs))
    found = _sweep(layout, sources, progress, report)
    written = publish({layout.model_spec(n): encode(dump(s)) for n, s in found.specs.items()}, layout).written
    log = layout.cache / LOG
    publish({log: encode("".join(f"{line}\n" for line in found.conflicts))}, layout)
    count = f"{len(found.specs)} specs derived in {time.monotonic() - started:.0f} s, {len(written)} written"
    for line in (f"transformers {tools.version('transformers')}: {count}", *_told(found, layout)):
        report(line)
    raise_if_any(found.problems)


def _sweep(layout: Layout, sources: Sources, progress: Progress, report: Report) -> Sweep:
    names = _names(layout, sources)
    found = Sweep()
    for number, name in enumerate(names):
        progress(number, len(names), name)
        previous = previous_spec(layout, name, report)
        try:
            derived = _derive(layout, sources, name, previous)
        except Underivable as told:
            found.underivable[name] = told
            found.kept += [name] if previous else []
        except ProblemsFound as told:
            found.problems += told.problems
        else:
            _file(found, sources, derived, previous)
    return found


def _names(layout: Layout, sources: Sources) -> list[str]:
    committed = {path.stem for path in (layout.specs / "models").glob("*.yaml")}
    installed = sources.transformers.top_level_types() if sources.transformers else ()
    return sorted({*committed, *installed})


def _derive(layout: Layout, sources: Sources, name: str, previous: ModelSpec | None) -> Derived:
    families, tasks, _ = vocabulary_of(layout)
    return derive_from(sources, name, previous, tasks, families, named_by_overlay(layout, name))


def _file(found: Sweep, sources: Sources, derived: Derived, previous: ModelSpec | None) -> None:
    """Sort a derived spec by what is new about it."""
    name = derived.spec.model_type
    found.specs[name] = derived.spec
    found.conflicts += [f"{name}: {line}" for line in (*derived.conflicts, *derived.missing)]
    if sources.transformers is not None and sources.transformers.config(name) is None:
        found.vanished.append(name)
    elif previous is None:
        found.appeared.append(name)
    elif change := changes(previous, derived.spec):
        found.changed[name] = change


def _told(found: Sweep, layout: Layout) -> Iterator[str]:
    yield from _listed("appeared", found.appeared)
    yield from _listed("vanished; specs and outputs are kept, `doit prune` lists them", found.vanished)
    yield from _changed("moved", {name: change.moved for name, change in found.changed.items()})
    yield from _changed("changed signature", {name: each.signature for name, each in found.changed.items()})
    yield from _changed("other facts", {name: change.facts for name, change in found.changed.items()})
    yield from _touched(found)
    yield from _underivable(found)
    if found.conflicts:
        log = (layout.cache / LOG).relative_to(layout.root).as_posix()
        yield f"{len(found.conflicts)} disagreements and gaps of the sources are in {log}"


def _listed(what: str, names: Iterable[str]) -> Iterator[str]:
    names = sorted(names)
    if names:
        yield f"{len(names)} {what}:"
        yield from _wrapped(names)


def _wrapped(names: Iterable[str]) -> list[str]:
    return wrap(", ".join(names), _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _changed(what: str, by_type: dict[str, tuple[str, ...]]) -> Iterator[str]:
    shown = {name: lines for name, lines in sorted(by_type.items()) if lines}
    if shown:
        yield f"{len(shown)} {what}:"
    for name, lines in shown.items():
        yield f"  {name}: {'; '.join(lines)}"


def _touched(found: Sweep) -> Iterator[str]:
    """The skillsets of what changed, and those of the types that hold it as a part."""
    moving = {*found.changed, *found.vanished}
    own = {skillset_name(name) for name in moving}
    holders = {
        skillset_name(name) for name, spec in found.specs.items() if moving & set(spec.submodels.values())
    }
    yield from _listed("skillsets are touched", own)
    yield from _listed("more hold one of these types as a part", holders - own)


def _underivable(found: Sweep) -> Iterator[str]:
    """By reason, shortest possible; a committed spec of such a type stays as it is."""
    reasons = sorted({told.reason for told in found.underivable.values()})
    for reason in reasons:
        names = sorted(name for name, told in found.underivable.items() if told.reason == reason)
        yield f"{len(names)} cannot be derived: {reason}"
        yield from _wrapped(_with_hint(name, found.underivable[name]) for name in names)
    yield from _listed("of these have a committed spec, which is kept", found.kept)


def _with_hint(name: str, told: Underivable) -> str:
    hint = (told.problems[0].hint or "").removeprefix("its auto classes: ")
    return f"{name} ({hint})" if hint else name
