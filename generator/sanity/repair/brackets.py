"""Brackets that are missing, too many, or of the wrong kind.

What a proposal costs says how odd its place is; `weighing.py` adds how odd the outcome is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from generator.sanity.repair import gaps
from generator.sanity.repair.balance import Imbalance, Place, imbalance
from generator.sanity.repair.edits import Edit, Names, Proposal, Trouble
from generator.sanity.repair.gaps import FOLLOWERS, Gap
from generator.sanity.repair.lexer import CLOSERS, KEYWORDS, OPENERS

_MOST_OPEN = 50
_NEAR = 3
_CLOSED_BEFORE = {
    **dict.fromkeys((":", "="), 0.1),
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">=", "in", "not", "is", "and", "or"), 0.2),
    **dict.fromkeys((")", "]", "}", "if", "else", "for", "as"), 0.3),
    ",": 0.4,
    ".": 0.6,
    **dict.fromkeys(("+", "-", "*", "/", "%", "//", "**", "@", "&", "|"), 0.7),
}
_OPENED_AFTER = frozenset(("=", ":", "return", "in", ",", "and", "or", "not", "if", "+", "*", "-", "%", "("))


def propose(trouble: Trouble) -> Iterator[Proposal]:
    """Ways to mend the first imbalance from the statement on."""
    found = imbalance(trouble.lines, trouble.statement.first)
    if found is None or len(found.open) > _MOST_OPEN:
        return
    if found.open:
        yield from _closing(trouble, found)
        yield _without(found.open[-1], 4.0)
    if found.closer.token:
        yield from _opening(trouble, found)
        yield _without(found.closer, 1.6 if _is_doubled(trouble.lines, found.closer) else 4.0)
        yield from (_without(place, 1.6) for place in _doubled_before(trouble))
    if found.open and found.closer.token:
        yield _of_its_kind(found)


def _closing(trouble: Trouble, found: Imbalance) -> Iterator[Proposal]:
    """What is open, closed somewhere before it must be; the innermost is the likeliest."""
    innermost: dict[str, Place] = {}
    for place in reversed(found.open):
        innermost.setdefault(place.token.text, place)
    for rank, (opener, start) in enumerate(innermost.items()):
        for gap in gaps.for_closer(trouble, start, found.closer):
            edit = Edit(gap.line, gap.at, gap.at, OPENERS[opener], f'"{opener}" is not closed')
            yield Proposal((edit,), 0.3 + 0.5 * rank + _closing_cost(gap))


def _opening(trouble: Trouble, found: Imbalance) -> Iterator[Proposal]:
    """A closer that nothing opens, opened somewhere before it."""
    closer = found.closer.token.text
    start = found.open[-1] if found.open else Place(trouble.statement.first, None)
    for gap in gaps.for_opener(trouble, start, found.closer):
        edit = Edit(gap.line, gap.at, gap.at, CLOSERS[closer], f'"{closer}" is not opened')
        yield Proposal((edit,), 0.5 + _opening_cost(trouble.names, gap))


def _without(place: Place, cost: float) -> Proposal:
    token = place.token
    why = f'"{token.text}" is not {"closed" if token.text in OPENERS else "opened"}'
    return Proposal((Edit(place.line, token.start, token.end, "", why),), cost)


def _of_its_kind(found: Imbalance) -> Proposal:
    token, opener = found.closer.token, found.open[-1].token.text
    why = f'"{opener}" is closed by "{token.text}"'
    return Proposal((Edit(found.closer.line, token.start, token.end, OPENERS[opener], why),), 1.5)


def _is_doubled(lines: Sequence[str], closer: Place) -> bool:
    """Whether a closer stands right after another of its kind."""
    return lines[closer.line][: closer.token.start].endswith(closer.token.text)


def _doubled_before(trouble: Trouble) -> Iterator[Place]:
    """Closers that may have ended a statement too early: what follows them is indented as its rest."""
    if trouble.statement is trouble.failing:
        return
    for number, token in trouble.statement.tokens:
        if number >= trouble.failing.first - _NEAR and token.kind == "op" and token.text in CLOSERS:
            place = Place(number, token)
            if _is_doubled(trouble.lines, place):
                yield place


def _closing_cost(gap: Gap) -> float:
    before, after = gap.before, gap.after
    if before is None:  # nothing costs less than a line of white space: the closer was all it had
        return 0.0 if after is None else 0.5 if after.text in FOLLOWERS else 2.0
    if before.text in OPENERS:
        return 0.9
    if before.kind == "op" and before.text not in CLOSERS:
        return 2.0 if before.text != "," else 0.1 if after is None else 2.5
    return 0.0 if after is None else _CLOSED_BEFORE.get(after.text, 1.0)


def _opening_cost(names: Names, gap: Gap) -> float:
    before, after = gap.before, gap.after
    if gap.is_inside_a_name:
        return _inside_cost(names, before.text, gap.at - before.start)
    if before is None:
        return 0.8
    follows_a_name = before.kind == "name" and before.text not in KEYWORDS
    if after is not None and after.text in CLOSERS:
        return 0.1 if follows_a_name and gap.touches_both else 2.0
    if after is not None and after.text == ":":
        return 2.0
    if follows_a_name:
        return 0.1 if gap.touches_both else 0.9
    if before.text in CLOSERS:
        return 1.2
    return 0.5 if before.text in _OPENED_AFTER or after is None else 1.0


def _inside_cost(names: Names, name: str, cut: int) -> float:
    """Of an opener that stood between two names which are one now."""
    parts = name[:cut], name[cut:]
    known = [part for part in parts if names.knows(part) or part.isdigit()]
    if parts[1] in ("self", "cls"):
        return 0.0
    if len(known) == 2:
        return 0.4 if any(part in KEYWORDS for part in known) else 0.1
    return max(0.2, 0.9 - 0.03 * len(known[0]))
