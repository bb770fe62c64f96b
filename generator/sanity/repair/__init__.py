"""Repairs Python as assistants, copy-paste and haste leave it, and leaves alone what it cannot repair.

A text that parses is changed only where a name is bound by nothing. One that does not is repaired statement
by statement (`search.py`), by repairs that know one kind of mistake each (`search.REPAIRS`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from generator.sanity.repair import indents, names
from generator.sanity.repair.edits import Edit, applied
from generator.sanity.repair.lexer import split_lines
from generator.sanity.repair.search import repair_statements
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
    if parses(text) is None:
        return Repaired(text, (), ())
    before = split_lines(text)
    edits = indents.agreed(before)
    lines, more, left = repair_statements(applied(before, edits))
    again = indents.agreed(lines)  # of lines that were inside of what was not closed
    lines, edits = applied(lines, again), [*edits, *more, *again]
    problem = parses("".join(lines))
    if problem is None:
        return Repaired("".join(lines), _changes(edits), ())
    wrong = [Change(one.line + 1, one.message) for one in left]
    wrong = wrong or [Change(problem.lineno or 1, problem.msg)]
    if _unsound(lines) >= _unsound(before):
        return Repaired(text, (), tuple(wrong))
    return Repaired("".join(lines), _changes(edits), tuple(wrong))


def _bound(repaired: Repaired, found: Sequence[names.Unbound]) -> Repaired:
    edits = names.bound(repaired.text, found)
    if not edits:
        return repaired
    text = "".join(applied(split_lines(repaired.text), edits))
    return Repaired(text, tuple(sorted({*repaired.changes, *_changes(edits)})), ())


def _changes(edits: Sequence[Edit]) -> tuple[Change, ...]:
    return tuple(sorted({Change(edit.line + 1, edit.why) for edit in edits}))


def _unsound(lines: Sequence[str]) -> int:
    return sum(not is_sound(lines, statement) for statement in statements(lines))
