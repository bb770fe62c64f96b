"""The places where a lost bracket may have stood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from generator.sanity.repair.balance import Place
from generator.sanity.repair.edits import Names, Trouble
from generator.sanity.repair.lexer import Token, column, indentation, lex, width

FOLLOWERS = frozenset(("->", ":", ".", ",", "=", "==", "%", "from", "if", "for", "as"))
_NEAR = 8


class Gap(NamedTuple):
    """A column of a line, between two tokens of it; or inside of one, which is then both."""

    line: int
    at: int
    before: Token | None
    after: Token | None

    @property
    def is_inside_a_name(self) -> bool:
        return self.before is not None and self.before is self.after

    @property
    def touches_both(self) -> bool:
        """Whether there is no space on either side, or only the end of the line after it."""
        begins = self.after is None or self.after.start == self.at
        return begins and self.before is not None and self.before.end == self.at


@dataclass(frozen=True)
class _Span:
    """A line, and the columns of it that lie between the brackets in question."""

    number: int
    line: str
    tokens: tuple[Token, ...]
    lower: int
    upper: int


def for_closer(trouble: Trouble, start: Place, end: Place) -> Iterator[Gap]:
    """Right after a token, at the beginning of a line, or on one of nothing but white space."""
    for span in _spans(trouble, start, end):
        if not span.tokens and indentation(span.line):
            yield Gap(span.number, len(indentation(span.line)), None, None)
        for before, after in zip((None, *span.tokens), (*span.tokens, None), strict=True):
            at = before.end if before else after.start if after else -1
            if span.lower <= at <= span.upper:
                yield Gap(span.number, at, before, after)


def for_opener(trouble: Trouble, start: Place, end: Place) -> Iterator[Gap]:
    """Right before a token, at the end of a line, or inside of a name that may have been two."""
    for span in _spans(trouble, start, end):
        for before, after in zip((None, *span.tokens), (*span.tokens, None), strict=True):
            at = after.start if after else span.upper if before else -1
            if span.lower <= at <= span.upper and (after or not span.line[before.end : at].strip()):
                yield Gap(span.number, at, before, after)
            if after and after.kind == "name" and span.lower <= after.start and after.end <= span.upper:
                yield from (Gap(span.number, cut, after, after) for cut in _cuts(after, trouble.names))


def _cuts(token: Token, names: Names) -> Iterator[int]:
    """Where two names may have been run into one."""
    if names.knows(token.text, but=1):
        return
    for cut in range(1, len(token.text)):
        left, right = token.text[:cut], token.text[cut:]
        if names.knows(left) or names.knows(right) or right.isdigit():
            yield token.start + cut


def _spans(trouble: Trouble, start: Place, end: Place) -> Iterator[_Span]:
    likely = _likely_lines(trouble.lines, start.line, end)
    state = ""
    for number in range(trouble.statement.first, min(end.line + 1, len(trouble.lines))):
        line = trouble.lines[number]
        tokens, after = lex(line, state)
        inside_string, state = bool(state), after
        if number not in likely or (number == end.line and end.token is None):
            continue
        code = tuple(token for token in tokens if token.kind not in ("comment", "join"))
        if not code and (tokens or inside_string):
            continue
        lower = start.token.end if start.token and start.line == number else 0
        upper = end.token.start if end.token and end.line == number else width(line)
        yield _Span(number, line, code, lower, upper)


def _likely_lines(lines: Sequence[str], first: int, end: Place) -> set[int]:
    """All of a short statement; of a long one, those where the layout tells that a bracket is gone."""
    last = end.line if end.token else end.line - 1
    if last - first <= _NEAR:
        return set(range(first, last + 1))
    inner = range(first + 1, last + 1)
    code = next((n for n in range(last, first, -1) if _has_code(lines[n])), first)
    likely = {first, last, code, code - 1}
    likely.update(islice((n for n in inner if _lacks_a_closer(lines[n])), _NEAR))
    dedented = (n for n in inner if lines[n].strip() and column(lines[n]) <= column(lines[first]))
    if (number := next(dedented, None)) is not None:
        likely |= {number - 1, number}
    return likely


def _has_code(line: str) -> bool:
    return any(token.kind != "comment" for token in lex(line).tokens)


def _lacks_a_closer(line: str) -> bool:
    """Whether a closer seems gone from a line: it is white, begins with what follows one, or is a header."""
    tokens = lex(line).tokens
    if not tokens:
        return bool(indentation(line))
    return tokens[0].text in FOLLOWERS or tokens[-1].text == ":"
