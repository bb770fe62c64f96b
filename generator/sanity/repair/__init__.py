"""Repairs Python as assistants, copy-paste and haste leave it, and leaves alone what it cannot repair.

A text that parses is changed only where a name is bound by nothing. One that does not is repaired statement
by statement (`search.py`), by repairs that know one kind of mistake each (`search.REPAIRS`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from generator.sanity.repair import indents, names
from generator.sanity.repair.edits import Edit, applied
from generator.sanity.repair.lexer import split_lines
from generator.sanity.repair.search import HOPELESS, repair_statements
from generator.sanity.repair.statements import is_sound, parses, statements

__all__ = ["Change", "Repaired", "repair"]


@dataclass(frozen=True, order=True)
class Change:
    """What was changed, or is wrong, on a line; lines count from 1, as they were."""

    line: int
    why: str


@dataclass(frozen=True)
class Repaired:
    """A text as far as it could be repaired: what was changed, and what is left."""

    text: str
    changes: tuple[Change, ...]
    left: tuple[Change, ...]


def repair(texts: Sequence[str]) -> list[Repaired]:
    """Repair texts; many at once cost little more than one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a bad escape: it is not ours to say
        parsed = [_parsed(text) for text in texts]
        sound = [number for number, one in enumerate(parsed) if not one.left]
        unbound = names.unbound([parsed[number].text for number in sound])
        for number, found in zip(sound, unbound, strict=True):
            parsed[number] = _bound(parsed[number], found)
    return parsed


def _parsed(text: str) -> Repaired:
    """A text made to parse as far as that goes; again while it helps, so that another run changes nothing."""
    changes: list[Change] = []
    while parses(text) is not None:
        once = _once(text)
        if once.text == text:
            return Repaired(text, _sorted(changes), once.left)
        text = once.text
        changes += once.changes
    return Repaired(text, _sorted(changes), ())


def _once(text: str) -> Repaired:
    before = split_lines(text)
    first = indents.agreed(before)
    lines, edits, left = repair_statements(applied(before, first))
    last = indents.agreed(lines)  # of lines that were inside of what was not closed
    lines = applied(lines, last)
    outcome = "".join(lines)
    problem = parses(outcome)
    if problem is not None and (len(left) == HOPELESS or not _is_better(lines, before)):
        wrong = [Change(one.line + 1, one.message) for one in left]
        return Repaired(text, (), tuple(wrong or [Change(problem.lineno or 1, problem.msg)]))
    return Repaired(outcome, _changes([*first, *edits, *last]), ())


def _bound(repaired: Repaired, found: Sequence[names.Unbound]) -> Repaired:
    edits = names.bound(repaired.text, found)
    if not edits:
        return repaired
    text = "".join(applied(split_lines(repaired.text), edits))
    return Repaired(text, _sorted([*repaired.changes, *_changes(edits)]), ())


def _changes(edits: Sequence[Edit]) -> tuple[Change, ...]:
    return _sorted(Change(edit.line + 1, edit.why) for edit in edits)


def _sorted(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(set(changes)))


def _is_better(lines: Sequence[str], before: Sequence[str]) -> bool:
    """Whether fewer statements are broken, and so few that the file is Python at all."""
    broken = [not is_sound(lines, statement) for statement in statements(lines)]
    broken_before = sum(not is_sound(before, statement) for statement in statements(before))
    return sum(broken) < broken_before and 2 * sum(broken) <= len(broken)
