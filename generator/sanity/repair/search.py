"""Finds the fewest and likeliest edits after which every statement is one.

The statements are taken in order. For the first that is not sound, each repair proposes edits; those are
kept that let the statements go on soundly the farthest, and of them the cheapest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from generator.sanity.repair import brackets, characters, colons, pasted, strings, weighing, words
from generator.sanity.repair.balance import end_of
from generator.sanity.repair.edits import Edit, Names, Proposal, Trouble, applied
from generator.sanity.repair.lexer import column
from generator.sanity.repair.statements import Statement, error_in, is_sound, statement_at
from generator.sanity.repair.weighing import Region

REPAIRS: tuple[Callable[[Trouble], Iterable[Proposal]], ...] = (
    pasted.markdown,
    pasted.prompts,
    characters.propose,
    words.foreign_operators,
    words.misspelt,
    colons.propose,
    strings.in_one_line,
    strings.in_many_lines,
    brackets.propose,
)
_AHEAD = 4
_STUMBLE = 0.75
_DEEPEST = 3
_WIDTH = 8
_MOST_PROPOSALS = 250
_FEWEST_PROPOSALS = 12
_CHARACTERS = 200_000
HOPELESS = 25  # statements that stay broken, after which a file is taken for no Python at all
_DEAREST = 6.0


@dataclass(frozen=True)
class Unrepaired:
    """The line of a statement that is not one, and why."""

    line: int
    message: str


@dataclass(frozen=True)
class _Reach:
    """How far statements are sound: to which line, and how many from the failing one on."""

    line: int
    ahead: int


@dataclass(frozen=True)
class _Attempt:
    """Lines after some edits, how far the statements are sound in them, and what the edits cost."""

    lines: list[str]
    edits: tuple[Edit, ...]
    reach: _Reach
    cost: float
    weighed: bool = True


def repair_statements(lines: list[str]) -> tuple[list[str], list[Edit], list[Unrepaired]]:
    """The lines repaired as far as possible, the edits made, and what is left."""
    names = Names(lines)
    edits: list[Edit] = []
    left: list[Unrepaired] = []
    done: list[Statement] = []
    start = 0
    while len(left) < HOPELESS and (found := statement_at(lines, start)):
        before = done[-1] if done else None
        if is_sound(lines, found) and _follows(before, found):
            done.append(found)
            start = found.last + 1
            continue
        best = _best(lines, done, found, names)
        if best is None:
            left.append(_why(lines, found))
            done, start = [], _beyond(lines, found)
            continue
        lines = best.lines
        edits += best.edits
        start = min(found.first, *(edit.line for edit in best.edits))
        while done and done[-1].last >= start:
            start = min(start, done.pop().first)
    return lines, edits, left


def _follows(before: Statement | None, found: Statement) -> bool:
    """Whether a statement is indented as it may be after another."""
    if before is None:
        return True
    return found.column > before.column if before.is_header else found.column <= before.column


def _why(lines: Sequence[str], found: Statement) -> Unrepaired:
    error = error_in(lines, found)
    if error is None:
        return Unrepaired(found.first, "unexpected indentation" if found.whole else "never closed")
    return Unrepaired(min(found.first + error[0] - 1, found.last), error[2])


def _beyond(lines: Sequence[str], found: Statement) -> int:
    """Where to go on after a statement that stays as it is."""
    if found.whole:
        return found.last + 1
    for number in range(found.first + 1, found.last + 1):
        if lines[number].strip() and column(lines[number]) <= found.column:
            return number
    return found.last + 1


def _best(lines: list[str], done: list[Statement], found: Statement, names: Names) -> _Attempt | None:
    """The best way to make the statement sound, if one is likely enough."""
    region = Region(done[-1].first if done else found.first, end_of(lines, found.first))
    base = weighing.oddity(lines, region, names)
    attempts = [_Attempt(lines, (), _Reach(found.first, 0), 0.0)]
    for _ in range(_DEEPEST):
        tried = [new for attempt in attempts for new in _tries(attempt, done, found, names)]
        sound = [attempt for attempt in tried if attempt.reach.line > found.first]
        if sound:
            best = min((_weighed(attempt, region, names, base) for attempt in sound), key=_merit)
            return best if best.cost <= _DEAREST else None
        attempts = sorted(tried, key=_merit)[:_WIDTH]
    return None


def _merit(attempt: _Attempt) -> tuple[float, tuple[Edit, ...]]:
    """What is least for the best attempt; a statement ahead that fails may have a fault of its own."""
    return attempt.cost + _STUMBLE * (_AHEAD - attempt.reach.ahead), attempt.edits


def _weighed(attempt: _Attempt, region: Region, names: Names, base: float) -> _Attempt:
    """The attempt with what its outcome looks like in its cost."""
    if not attempt.weighed:
        return attempt
    odd = weighing.oddity(attempt.lines, region, names) - base
    return replace(attempt, cost=attempt.cost + odd - weighing.likeness(attempt.lines, attempt.edits))


def _tries(attempt: _Attempt, done: list[Statement], found: Statement, names: Names) -> Iterator[_Attempt]:
    """The attempt with each proposal more, for the statement that fails or the one before it."""
    now = statement_at(attempt.lines, found.first)
    for proposal, anchor, before in _proposals(attempt.lines, done, now, names):
        lines = applied(attempt.lines, proposal.edits)
        reach = _reach(lines, before, anchor.first, found.first)
        cost, weighed = attempt.cost + proposal.cost, attempt.weighed and proposal.weighed
        yield _Attempt(lines, attempt.edits + proposal.edits, reach, cost, weighed)


def _proposals(
    lines: list[str], done: list[Statement], now: Statement, names: Names
) -> list[tuple[Proposal, Statement, Statement | None]]:
    """The cheapest proposals, each with the statement that it is for and the one before that.

    Of a statement that takes long to parse, fewer.
    """
    found = [
        (proposal, anchor, done[-1 - back] if len(done) > back else None)
        for back, anchor in enumerate(_anchors(done, now))
        for repair in REPAIRS
        for proposal in repair(Trouble(lines, anchor, now, names))
    ]
    size = sum(map(len, lines[now.first : now.last + 1]))
    most = max(_FEWEST_PROPOSALS, min(_MOST_PROPOSALS, _CHARACTERS // size))
    return sorted(found, key=lambda entry: entry[0].cost)[:most]


def _anchors(done: list[Statement], found: Statement) -> Iterator[Statement]:
    """The statements that may be to blame: the one that fails, and the one before if it ran on."""
    yield found
    if done:
        before = done[-1]
        runs_on = any(token.kind == "part" for _, token in before.tokens)
        if runs_on or found.tokens[0][1].text in ")]}" or not _follows(before, found):
            yield before


def _reach(lines: list[str], before: Statement | None, start: int, failing: int) -> _Reach:
    """How far the statements go on soundly from a line."""
    ahead = 0
    while ahead < _AHEAD and (found := statement_at(lines, start)):
        if not _follows(before, found) or not is_sound(lines, found):
            return _Reach(found.first, ahead)
        before, start = found, found.last + 1
        ahead += found.first >= failing
    return _Reach(len(lines) + 1, _AHEAD)
