"""Brackets that are missing, too many, or of the wrong kind.

Indentation is what a lost bracket leaves intact: a line that is not indented deeper than the statement, or
that only a statement can begin, tells that all should have been closed before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from generator.sanity.repair.edits import Edit, Names, Proposal, Trouble
from generator.sanity.repair.lexer import CLOSERS, KEYWORDS, OPENERS, Token, column, indentation, lex, width
from generator.sanity.repair.statements import BEGINNERS

_BLOCKS = {"if", "for", "else", "async"}
_FARTHEST = 2000
_NEAR = 8
_DEEPEST = 50


@dataclass(frozen=True)
class _Place:
    """A bracket, or the end of the lines that may belong to the statement."""

    line: int
    token: Token | None


@dataclass(frozen=True)
class _Imbalance:
    """What is open, outermost first, where something is wrong; `closer` has no opener, or another's."""

    open: tuple[_Place, ...]
    closer: _Place


def propose(trouble: Trouble) -> Iterator[Proposal]:
    """Ways to mend the first imbalance from the statement on."""
    found = _imbalance(trouble.lines, trouble.statement.first)
    if found is None or len(found.open) > _DEEPEST:
        return
    if found.open:
        yield from _closing(trouble, found)
    if found.closer.token:
        yield from _without(found.closer, 1.6 if _is_doubled(trouble.lines, found.closer) else 4.0)
        yield from _opening(trouble, found)
    if found.open and found.closer.token:
        yield _other_kind(found)
    if found.open:
        yield from _without(found.open[-1], 4.0)


def _imbalance(lines: Sequence[str], first: int) -> _Imbalance | None:
    open_: list[_Place] = []
    state = ""
    for number in range(first, min(len(lines), first + _FARTHEST)):
        tokens, after = lex(lines[number], state)
        if number > first and not state and _is_beyond(lines, number, first, tokens):
            return _Imbalance(tuple(open_), _Place(number, None)) if open_ else None
        state = after
        for token in tokens:
            if token.kind != "op":
                continue
            if token.text in OPENERS:
                open_.append(_Place(number, token))
            elif token.text in CLOSERS:
                if not open_ or open_[-1].token.text != CLOSERS[token.text]:
                    return _Imbalance(tuple(open_), _Place(number, token))
                open_.pop()
    return _Imbalance(tuple(open_), _Place(number + 1, None)) if open_ else None


def end_of(lines: Sequence[str], first: int) -> int:
    """The line before which a statement must end."""
    state = ""
    for number in range(first, min(len(lines), first + _FARTHEST)):
        tokens, after = lex(lines[number], state)
        if number > first and not state and _is_beyond(lines, number, first, tokens):
            return number
        state = after
    return min(len(lines), first + _FARTHEST)


def _is_doubled(lines: Sequence[str], closer: _Place) -> bool:
    """Whether a closer stands right after another of its kind."""
    return lines[closer.line][: closer.token.start].endswith(closer.token.text)


def _is_beyond(lines: Sequence[str], number: int, first: int, tokens: tuple[Token, ...]) -> bool:
    """Whether a line cannot belong to the statement that begins at `first`."""
    code = [token for token in tokens if token.kind != "comment"]
    if not code:
        return False
    word = code[0].text
    if word in BEGINNERS or (word in _BLOCKS and code[-1].text == ":"):
        return True
    if column(lines[number]) > column(lines[first]):
        return False
    return code[0].kind in ("string", "number") or (code[0].kind == "name" and not _goes_on(code))


def _goes_on(code: Sequence[Token]) -> bool:
    """Whether a line begins as the rest of a statement does."""
    if code[0].text == "from":
        return not any(token.text == "import" for token in code)
    return code[0].text in ("if", "else", "for", "and", "or", "in", "is", "as")


def _closing(trouble: Trouble, found: _Imbalance) -> Iterator[Proposal]:
    """What is open, closed somewhere before it must be."""
    kinds = dict.fromkeys(place.token.text for place in reversed(found.open))
    for rank, opener in enumerate(kinds):
        start = next(place for place in reversed(found.open) if place.token.text == opener)
        for line, before, after, at in _gaps(trouble, start, found.closer):
            cost = 0.3 + 0.5 * rank + _closing_cost(trouble.lines, line, before, after, at)
            why = f'"{opener}" is not closed'
            yield Proposal((Edit(line, at, at, OPENERS[opener], why),), cost)


def _opening(trouble: Trouble, found: _Imbalance) -> Iterator[Proposal]:
    """A closer that nothing opens, opened somewhere before it."""
    closer = found.closer.token.text
    start = found.open[-1] if found.open else _Place(trouble.statement.first, None)
    for line, before, after, at in _gaps(trouble, start, found.closer, inside_names=True):
        cost = 0.5 + _opening_cost(trouble, line, before, after, at)
        why = f'"{closer}" is not opened'
        yield Proposal((Edit(line, at, at, CLOSERS[closer], why),), cost)


def _without(place: _Place, cost: float) -> Iterator[Proposal]:
    token = place.token
    other = "closed" if token.text in OPENERS else "opened"
    yield Proposal((Edit(place.line, token.start, token.end, "", f'"{token.text}" is not {other}'),), cost)


def _other_kind(found: _Imbalance) -> Proposal:
    token, opener = found.closer.token, found.open[-1].token.text
    why = f'"{opener}" is closed by "{token.text}"'
    return Proposal((Edit(found.closer.line, token.start, token.end, OPENERS[opener], why),), 1.5)


_Gap = tuple[int, Token | None, Token | None, int]


def _gaps(trouble: Trouble, start: _Place, end: _Place, inside_names: bool = False) -> Iterator[_Gap]:
    """The places between tokens after `start` and up to `end`, on the lines where one is likely."""
    state = ""
    likely = _likely_lines(trouble.lines, start.line, end)
    for number in range(trouble.statement.first, min(end.line + 1, len(trouble.lines))):
        tokens, after = lex(trouble.lines[number], state)
        if number in likely and not (number == end.line and end.token is None):
            yield from _gaps_of_line(trouble, number, tokens, start, end, bool(state), inside_names)
        state = after


def _likely_lines(lines: Sequence[str], first: int, end: _Place) -> set[int]:
    last = end.line if end.token else end.line - 1
    if last - first <= _NEAR:
        return set(range(first, last + 1))
    likely = {first, last}
    dedented = (n for n in range(first + 1, last + 1) if _is_dedented(lines, n, first))
    if (number := next(dedented, None)) is not None:
        likely |= {number - 1, number}
    likely.update(islice((n for n in range(first + 1, last + 1) if _is_likely(lines[n])), _NEAR))
    before = last
    while before > first and not any(token.kind != "comment" for token in lex(lines[before]).tokens):
        before -= 1
    return likely | {before, before - 1}


def _gaps_of_line(
    trouble: Trouble,
    number: int,
    tokens: tuple[Token, ...],
    start: _Place,
    end: _Place,
    in_string: bool,
    inside_names: bool,
) -> Iterator[_Gap]:
    line = trouble.lines[number]
    code = [token for token in tokens if token.kind not in ("comment", "join")]
    if not code and not tokens and indentation(line) and not in_string:
        yield number, None, None, len(indentation(line))
        return
    lower = start.token.end if start.token and start.line == number else 0
    upper = end.token.start if end.token and end.line == number else width(line)
    previous: Token | None = None
    for token in [*code, None]:
        begin = token.start if token else upper + 1
        if previous is not None and lower <= previous.end <= upper:
            at_end = inside_names and token is None and not line[previous.end : upper].strip()
            yield number, previous, token, upper if at_end else previous.end
        if token is None:
            break
        apart = previous.end < begin if previous else True
        if apart and lower <= begin <= upper and (inside_names or previous is None):
            yield number, previous, token, begin
        if inside_names and token.kind == "name" and lower <= token.start and token.end <= upper:
            yield from ((number, token, token, at) for at in _splits(token, trouble.names))
        previous = token


def _splits(token: Token, names: Names) -> Iterator[int]:
    """Where two names may have been run into one."""
    if names.knows(token.text, but=1):
        return
    for cut in range(1, len(token.text)):
        left, right = token.text[:cut], token.text[cut:]
        if names.knows(left) or names.knows(right) or right.isdigit():
            yield token.start + cut


def _is_dedented(lines: Sequence[str], number: int, first: int) -> bool:
    return bool(lines[number].strip()) and column(lines[number]) <= column(lines[first])


def _is_likely(line: str) -> bool:
    """Whether a closer seems to be gone from a line: it is white, begins with what follows one, or is a header."""
    tokens = lex(line).tokens
    if not tokens:
        return bool(indentation(line))
    return tokens[0].text in _FOLLOWERS or tokens[-1].text == ":"


def _closing_cost(
    lines: Sequence[str], line: int, before: Token | None, after: Token | None, at: int
) -> float:
    if before is None:
        return 0.0 if after is None else 0.5 if after.text in _FOLLOWERS else 2.0
    if before.text in OPENERS:
        return 0.9
    if before.text == "," and after is None:
        return 0.1
    if before.text in (",", ":") or (before.kind == "op" and before.text not in CLOSERS):
        return 1.2
    if after is None:
        return 0.0
    return _CLOSED_BEFORE.get(after.text, 1.0)


_FOLLOWERS = frozenset(("->", ":", ".", ",", "=", "==", "%", "from", "if", "for", "as"))
_CLOSED_BEFORE = {
    ":": 0.1,
    ")": 0.3,
    "]": 0.3,
    "}": 0.3,
    ",": 0.4,
    ".": 0.6,
    "=": 0.1,
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">=", "in", "not", "is", "and", "or"), 0.2),
    **dict.fromkeys(("if", "else", "for", "as"), 0.3),
    **dict.fromkeys(("+", "-", "*", "/", "%", "//", "**", "@", "&", "|"), 0.7),
}


def _opening_cost(trouble: Trouble, line: int, before: Token | None, after: Token | None, at: int) -> float:
    if before is not None and before is after:
        return _run_together_cost(trouble.names, before.text, at - before.start)
    if before is None:
        return 0.8
    follows = after is not None and at == after.start
    if after is not None and after.text in CLOSERS:
        return 0.1 if before.kind == "name" and before.text not in KEYWORDS and follows else 2.0
    if before.kind == "name" and before.text not in KEYWORDS:
        return 0.1 if before.end == at and (after is None or follows) else 0.9
    if before.kind == "op" and before.text in CLOSERS:
        return 1.2
    if before.text in _BEFORE_A_GROUP or after is None:
        return 0.5
    return 1.0


_BEFORE_A_GROUP = frozenset(("=", "return", "in", ",", "and", "or", "not", "if", "+", "*", "-", "%", "("))


def _run_together_cost(names: Names, name: str, cut: int) -> float:
    """Of an opener between two names that were run into one."""
    known = [part for part in (name[:cut], name[cut:]) if names.knows(part) or part.isdigit()]
    if name[cut:] in ("self", "cls"):
        return 0.0
    if len(known) == 2:
        return 0.1 + 0.3 * any(part in KEYWORDS for part in known)
    return max(0.2, 0.8 - 0.1 * len(known[0]))
