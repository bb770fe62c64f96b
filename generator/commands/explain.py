"""Where a line of a generated file comes from: its template, its facts, and what was done on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from generator.commands import checkout
from generator.errors import EXIT_CLEAN, Problem, ProblemsFound
from generator.naming import Layout

if TYPE_CHECKING:
    from generator.review.explain import ExplainedLine, Explanation, Source
    from generator.review.provenance import Fact
    from generator.specs.yaml_source import Place

_TARGET = re.compile(r"(?P<file>.+?)(?::(?P<first>\d+)(?:-(?P<last>\d+))?)?")
_PLACES = 2

_EXAMPLES = """\b
Examples:
  skillsets explain generated/skillsets/hf_bert.py:26     one line
  skillsets explain generated/tests/test_hf_bert.py:40-60 some lines
  skillsets explain generated/skillsets/hf_bert.py        the whole file as a table
  skillsets explain --json generated/skillsets/hf_bert.py:26
"""


@click.command(epilog=_EXAMPLES)
@click.argument("target", metavar="FILE[:LINE[-LINE]]")
@click.option("--json", "as_json", is_flag=True, help="Print it all as JSON.")
def command(target: str, as_json: bool) -> int:
    """Say where lines of a generated skillset or test come from.

    For each line: the template that wrote it and the way to that; the facts it used, where each is written
    and what it was taken from; and what the formatter did to it. Nothing is written.
    """
    from generator.review.explain import Explainer

    layout = checkout()
    path, first, last = _parsed(target, layout)
    content = (layout.root / path).read_bytes().decode("utf-8", errors="replace")
    explanation = Explainer(layout).explain(path, content)
    lines = _chosen(explanation, first, last)
    if as_json:
        click.echo(json.dumps({**asdict(explanation), "lines": [asdict(line) for line in lines]}, indent=2))
    else:
        click.echo("\n".join(_head(explanation)))
        click.echo("\n".join(_table(lines) if first is None else _details(lines)))
    return EXIT_CLEAN


def _parsed(target: str, layout: Layout) -> tuple[PurePath, int | None, int | None]:
    """The file below the root, and the lines that are asked for."""
    match = _TARGET.fullmatch(target)
    if match is None:
        raise ProblemsFound([Problem(repr(target), None, "is no file", "write FILE or FILE:LINE")])
    absolute = Path(match["file"]).absolute().resolve()
    if not absolute.is_relative_to(layout.root.resolve()):
        raise ProblemsFound([Problem(match["file"], None, "is not in this checkout")])
    first = int(match["first"]) if match["first"] else None
    return absolute.relative_to(layout.root.resolve()), first, int(match["last"]) if match["last"] else first


def _chosen(explanation: Explanation, first: int | None, last: int | None) -> Sequence[ExplainedLine]:
    if first is None or last is None:
        return explanation.lines
    count = len(explanation.lines)
    if not 1 <= first <= last <= count:
        shown = f"{first}" if first == last else f"{first}-{last}"
        problem = Problem(explanation.path, None, f"has no lines {shown}", f"it has lines 1-{count}")
        raise ProblemsFound([problem])
    return explanation.lines[first - 1 : last]


def _head(explanation: Explanation) -> Iterator[str]:
    yield click.style(explanation.path, bold=True)
    yield f"  written by {explanation.template}, for {_told(explanation.chosen_by)}"
    if not explanation.planned:
        yield click.style(
            "  it differs from what its sources give now; lines that agree are explained", fg="yellow"
        )


def _table(lines: Iterable[ExplainedLine]) -> Iterator[str]:
    """A row for each line: what wrote it, the names of its facts, and what was done to it."""
    rows = [("line", "templates/", "facts")]
    rows += [(str(line.number), _places(line), ", ".join(_names(line))) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for number, places, names in rows:
        yield f"{number:>{widths[0]}}  {places:<{widths[1]}}  {names}".rstrip()


def _places(line: ExplainedLine) -> str:
    """The first places, and how many there are besides."""
    words = [f"{source.path.removeprefix('templates/')}:{source.line}" for source in line.sources]
    rest = len(words) - _PLACES
    return ", ".join(words[:_PLACES]) + (f" +{rest}" if rest > 0 else "")


def _names(line: ExplainedLine) -> list[str]:
    names = dict.fromkeys(fact.name for source in line.sources for fact in source.facts)
    notes = [f"({note})" for note in line.notes if line.text.strip()]
    return [*names, *notes]


def _details(lines: Iterable[ExplainedLine]) -> Iterator[str]:
    for line in lines:
        yield ""
        yield f"{line.number}: {click.style(line.text, fg='cyan')}"
        for source in line.sources:
            yield from _source(source)
        for note in line.notes:
            yield click.style(f"  note     {note}", fg="yellow")


def _source(source: Source) -> Iterator[str]:
    yield f"  template {source.path}:{source.line}: {source.text.strip()}"
    for step in source.through:
        why = f", for {_told(step.fact)}" if step.fact else ""
        yield f"  through  {step.template}:{step.line} {step.does}{why}"
    for fact in source.facts:
        yield f"  fact     {_told(fact)}"
    for fact in source.deciding:
        yield f"  decides  {_told(fact)}"


def _told(fact: Fact) -> str:
    """A fact with its value and its place, what it was taken from, and what it stands instead of."""
    if fact.value is None:
        return f"{fact.name}: not set in {fact.place.path}"
    told = f"{fact.name} = {fact.value} ({_from(fact.place, fact.origin)})"
    if fact.overridden is None:
        return told
    derived = fact.overridden
    if derived.place is not None:
        told += f", instead of {derived.value} ({_from(derived.place, derived.origin)})"
    return f"{told}: {' '.join(derived.reason.split())}"


def _from(place: Place, origin: str | None) -> str:
    where = f"{place.path}:{place.line}"
    return f"{where}, from {origin}" if origin else where
