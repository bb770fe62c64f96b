"""What became of the mutants that were judged, counted: as a table, and as a committed page."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from generator import tables
from generator.errors import Problem, did_you_mean, raise_if_any
from generator.naming import Layout
from generator.publish import encode, publish
from generator.specs import index
from generator.specs.yaml_source import quoted
from generator.vacuity import known
from generator.vacuity.known import Known
from generator.vacuity.run import Status, Verdict

WANTED = 0.95
"""The share of a family's mutants that must be killed, of those that do something."""
UNEXPLAINED = "Nobody has said why: mend the test, or say so in specs/vacuity.yaml."
_COLUMNS = ("made", "killed", "of them by an answer", "equivalent", "survived", "not judged", "share killed")
_ABOUT = """\
# Mutants

Written by `skillsets mutants --page` from what `doit vacuity` found; do not edit.

Each mutant is a skillset with one mistake in it, which the generated test of its type should notice. *By
an answer*: it answered, and the answer was found wrong; the others raised. *Equivalent*: the mistake changes
nothing, and `specs/vacuity.yaml` says why. The share is of those that were judged and do change something.
"""


@dataclass(frozen=True)
class Found:
    """A verdict, whose it is, and what is known of it if it survived."""

    model_type: str
    family: str
    verdict: Verdict
    equivalent: str | None
    """Why it is no mistake after all."""
    why: str | None
    """Why no test sees it."""

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        own = {"model_type": self.model_type, "family": self.family}
        return {**own, **asdict(self.verdict), "equivalent": self.equivalent, "why": self.why}

    @property
    def survived(self) -> bool:
        return self.verdict.status is Status.SURVIVED and self.equivalent is None


@dataclass(frozen=True)
class Count:
    """Mutants of a family or of an operator."""

    name: str
    made: int = 0
    killed: int = 0
    by_answer: int = 0
    equivalent: int = 0
    survived: int = 0
    not_judged: int = 0

    @property
    def share(self) -> float | None:
        """How many of those that do something were killed; None where there are none."""
        told = self.killed + self.survived
        return self.killed / told if told else None

    def row(self) -> list[str]:
        share = "" if self.share is None else f"{self.share:.1%}"
        numbers = (self.made, self.killed, self.by_answer, self.equivalent, self.survived, self.not_judged)
        return [self.name, *(str(number) for number in numbers), share]


def collect(layout: Layout, model_types: Collection[str] = ()) -> list[Found]:
    """What is known of these types, or of all that were judged, in the order of their names.

    Raises `ProblemsFound` for names of no type.
    """
    told = known.load(layout)
    families = {name: entry.family for name, entry in index.read(layout).models.items()}
    raise_if_any(_unknown(name, families) for name in model_types if name not in families)
    return [
        _found(name, family, verdict, told)
        for name, family in sorted(families.items())
        if not model_types or name in model_types
        for verdict in _read(layout.vacuity(name))
    ]


def by_family(found: Iterable[Found]) -> list[Count]:
    """Counts of each family, and of all."""
    found = list(found)
    return [*_counts((each.family, each) for each in found), *_counts(("all", each) for each in found)]


def by_operator(found: Iterable[Found]) -> list[Count]:
    """Counts of each operator."""
    return _counts((each.verdict.operator, each) for each in found)


def too_few(found: Iterable[Found]) -> list[Count]:
    """The families of which fewer mutants were killed than is wanted."""
    return [count for count in by_family(found) if count.share is not None and count.share < WANTED]


def table(counts: Sequence[Count], what: str) -> str:
    """Counts for a terminal."""
    return tables.aligned(_rows(counts, what))


def survivors(found: Iterable[Found]) -> Iterator[str]:
    """Each mutant that no test killed: where, what, and the command that runs it alone."""
    for each in found:
        verdict = each.verdict
        if each.survived:
            yield f"{verdict.file}:{verdict.line}: {verdict.operator}"
            yield from (f"  - {verdict.before}", f"  + {verdict.after}")
            yield f"  {each.why or UNEXPLAINED}"
            yield f"  {verdict.command}"


def write(layout: Layout, found: Sequence[Found]) -> tuple[Path, ...]:
    """Write the page; returns what changed, below the root."""
    return publish({layout.mutants_page: encode(text(found))}, layout).written


def text(found: Sequence[Found]) -> str:
    """The page, in Markdown."""
    types = sorted({each.model_type for each in found})
    lines = [_ABOUT, f"{len(types)} model types: {', '.join(types)}.", ""]
    for counts, what in ((by_family(found), "family"), (by_operator(found), "mistake")):
        lines += [*tables.markdown(_rows(counts, what)), ""]
    alive = [each for each in found if each.survived]
    lines += ["## Survivors", ""] + [line for each in alive for line in _survivor(each)]
    return "\n".join(lines).rstrip() + "\n"


def _survivor(found: Found) -> list[str]:
    verdict = found.verdict
    where = f"- {verdict.file}:{verdict.line}, {verdict.operator}:"
    why = " ".join((found.why or UNEXPLAINED).split())
    return [f"{where} {_code(verdict.before)} → {_code(verdict.after)}", f"  {why}"]


def _code(text: str) -> str:
    """A piece of code on a line of Markdown, in more backticks than stand in a row in it."""
    line = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if line else "nothing"


def _rows(counts: Sequence[Count], what: str) -> list[list[str]]:
    return [[what, *_COLUMNS], *(count.row() for count in counts)]


def _counts(named: Iterable[tuple[str, Found]]) -> list[Count]:
    groups: dict[str, Count] = defaultdict(lambda: Count(""))
    for name, each in named:
        groups[name] = _with(replace(groups[name], name=name), each)
    return [groups[name] for name in sorted(groups)]


def _with(count: Count, each: Found) -> Count:
    killed = each.verdict.status is Status.KILLED
    return replace(
        count,
        made=count.made + 1,
        killed=count.killed + killed,
        by_answer=count.by_answer + (killed and each.verdict.judged),
        equivalent=count.equivalent + (each.equivalent is not None),
        survived=count.survived + each.survived,
        not_judged=count.not_judged + (each.verdict.status is Status.NOT_JUDGED),
    )


def _unknown(name: str, known_types: Collection[str]) -> Problem:
    message = f"there is no spec of {quoted(name)}"
    return Problem("specs/models", None, message, did_you_mean(name, known_types))


def _found(name: str, family: str, verdict: Verdict, told: Known) -> Found:
    if verdict.status is not Status.SURVIVED:
        return Found(name, family, verdict, None, None)
    return Found(name, family, verdict, told.equivalent(verdict, family), told.survivor(verdict, family))


def _read(path: Path) -> list[Verdict]:
    """What a run left; one that was cut short, or is of another version, left nothing."""
    try:
        told: list[dict[str, Any]] = json.loads(path.read_bytes())["mutants"]
        return [Verdict(**{**each, "status": Status(each["status"])}) for each in told]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []
