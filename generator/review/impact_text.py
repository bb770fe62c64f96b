"""An impact for a terminal: what changed, what it reaches, and each distinct edit once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import click

from generator.graph.steps import STEPS
from generator.review.facts import FactChange
from generator.review.file_lists import short
from generator.review.hunks import Edit, Group
from generator.review.impact import Impact, Source

FACTS = 30
"""So many changed facts are shown; a new release of transformers changes thousands."""
_SOURCES = 20
_LONGEST = 30
_WIDEST = 70
_COLOURS = {"+": "green", "-": "red"}


def lines(impact: Impact) -> Iterator[str]:
    """The lines of the report."""
    yield click.style(f"{impact.old} → {impact.new}", bold=True)
    yield from _sources(impact)
    yield ""
    yield from outputs(impact)
    yield from _hunks(impact)


def outputs(impact: Impact) -> Iterator[str]:
    """Which outputs differ, and which are not as the change has them."""
    listed = partial(short, families=impact.families)
    if not impact.written:
        yield "no output changes" + (", as far as can be told" if impact.problems else "")
    for status in ("changed", "new", "gone"):
        paths = [file.path for file in impact.written if file.status == status]
        if paths:
            yield f"{status}: {counted(len(paths), 'output')}: {listed(paths)}"
    if impact.measured:
        paths = [file.path for file in impact.measured]
        yield f"results of running models: {counted(len(paths), 'file')}: {listed(paths)}"
    yield from _in_the_tree(impact, listed)


def _in_the_tree(impact: Impact, listed: Callable[[Iterable[str]], str]) -> Iterator[str]:
    gone = {file.path for file in impact.written if file.status == "gone"}
    waiting = {*impact.waiting} - gone
    if waiting:
        due = {file.path for file in impact.written} - gone
        whole = "all of these" if due and waiting >= due else listed(waiting)
        yield f"not generated anew yet: {whole}; run: doit"
    if gone.intersection(impact.waiting):
        yield "still there without a spec; see: skillsets prune"
    if impact.by_hand:
        yield f"edited by hand: {listed(impact.by_hand)}; see: skillsets diff"


def reached(source: Source, impact: Impact) -> str:
    """What a source comes to, in words."""
    if source.path in impact.broken:
        return "has a mistake"
    status = "" if source.status == "changed" else f"{source.status}, "
    return status + _effect(source)


def _effect(source: Source) -> str:
    types = {name for found in source.runs.values() for name in found}
    whom = " ".join(types) if len(types) == 1 else f"{len(types)} types"
    steps = [step.name for step in STEPS if step.name in source.runs]
    runs = f"; runs {', '.join(steps)} of {whom}" if steps else ""
    changes = f"changes {counted(len(source.outputs), 'output')}" if source.outputs else "changes no output"
    return f"{changes}{runs}"


def counted(number: int, what: str) -> str:
    """`1 output`, `2 outputs`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


@dataclass(frozen=True)
class SameFact:
    """One change of a fact, in as many files as have it."""

    key: str
    old: str
    new: str
    places: str
    idle: str
    """What there is to say of one that changes no output."""


def same_facts(sources: Sequence[Source]) -> list[SameFact]:
    """The changed facts, each once, in the order of the first file that has it."""
    found: dict[tuple[str, str | None, str | None], list[tuple[Source, FactChange]]] = {}
    for source in sources:
        for fact in source.facts:
            found.setdefault((fact.key, fact.old, fact.new), []).append((source, fact))
    return [
        SameFact(
            key,
            _cut(old),
            _cut(new),
            f"{had[0][1].path}:{had[0][1].line}" + (f" and {len(had) - 1} more" if len(had) > 1 else ""),
            "" if any(source.outputs for source, _ in had) else " (changes no output)",
        )
        for (key, old, new), had in found.items()
    ]


def _sources(impact: Impact) -> Iterator[str]:
    if not impact.sources:
        yield "no spec, template or code changed"
    told = [each for each in impact.sources if each.runs or each.outputs or each.path in impact.broken]
    for source in told[:_SOURCES]:
        yield f"  {source.path}: {reached(source, impact)}"
    if len(told) > _SOURCES:
        folders = Counter(source.path.rpartition("/")[0] for source in told[_SOURCES:])
        more = ", ".join(f"{number} in {folder or '.'}" for folder, number in sorted(folders.items()))
        yield f"  … and {len(told) - _SOURCES} more: {more}; --json has all"
    idle = [source.path for source in impact.sources if source not in told]
    if idle:
        more = f" and {len(idle) - _SOURCES} more" if len(idle) > _SOURCES else ""
        yield f"  reach no output: {' '.join(idle[:_SOURCES])}{more}"
    yield from _facts(impact.sources)


def _facts(sources: Sequence[Source]) -> Iterator[str]:
    facts = same_facts(sources)
    if facts:
        yield "facts"
    for fact in facts[:FACTS]:
        yield f"  {fact.places}  {fact.key}: {fact.old} → {fact.new}{fact.idle}"
    if len(facts) > FACTS:
        yield f"  … and {counted(len(facts) - FACTS, 'other fact')}; --json has all"


def _cut(value: str | None) -> str:
    """A value for one line."""
    if value is None:
        return "(none)"
    return value if len(value) <= _WIDEST else value[: _WIDEST - 1] + "…"


def _hunks(impact: Impact) -> Iterator[str]:
    edits = sum(len(group.edits) for group in impact.groups)
    if edits:
        yield ""
        yield click.style(f"{counted(edits, 'distinct edit')}", bold=True)
    odd = False
    for number, group in enumerate(impact.groups, start=1):
        if group.odd and not odd:
            yield click.style("the odd ones", bold=True)
            odd = True
        yield from _group(number, group, impact)


def _group(number: int, group: Group, impact: Impact) -> Iterator[str]:
    yield f"{number}. {counted(len(group.files), 'file')}: {short(group.files, impact.families)}"
    for edit in group.edits:
        yield from _edit(edit, len(group.files))


def _edit(edit: Edit, files: int) -> Iterator[str]:
    hunk = edit.hunks[0]
    path, line = hunk.places[0]
    alike = f", the commonest of {len(edit.hunks)} alike" if len(edit.hunks) > 1 else ""
    places = f", in {edit.places:,} places" if edit.places != files else ""
    yield click.style(f"   {path}:{line}{alike}{places}", dim=True)
    yield from (click.style(f"   {line}", fg=_COLOURS.get(line[0])) for line in _shortened(hunk.sample))


def _shortened(sample: Sequence[str]) -> Iterable[str]:
    if len(sample) <= _LONGEST:
        return sample
    return [*sample[: _LONGEST - 1], f" … {len(sample) - _LONGEST + 1} more lines; --markdown has them"]
