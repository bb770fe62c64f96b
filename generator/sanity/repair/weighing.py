"""Which of several repairs was meant: what looks odd in the outcome, and what like the lines around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from generator.sanity.repair import habits
from generator.sanity.repair.edits import Edit, Names
from generator.sanity.repair.lexer import KEYWORDS, Token, lex

_PER_NAT = 0.4
_PER_UNKNOWN_NAME = 1.0
_AS_ITS_NEIGHBOURS = 0.8
_WORDS = re.compile(r"\w+|[^\w\s]")
_PROSE = {"is", "in", "not", "and", "or", "for", "with", "as", "from"}
_NAME_IN_TEXT = 2.0
_IN_TEXT = {
    **dict.fromkeys(KEYWORDS - _PROSE, 3.5),
    **dict.fromkeys("()[]{}=%", 3.5),
    ",": 2.5,
}


class Region(NamedTuple):
    """The lines that repairs of a statement differ in."""

    first: int
    last: int


def oddity(lines: Sequence[str], region: Region, names: Names) -> float:
    """How little the lines look like code that somebody wrote in this file."""
    tokens = list(_tokens(lines, region))
    unknown = sum(token.kind == "name" and not names.knows(token.text, but=1) for token in tokens)
    hidden = sum(_hidden(token, names) for token in tokens if token.kind in ("string", "part", "open"))
    nats = hidden + habits.unusualness(lines, region.first, region.last)
    return _PER_NAT * nats + _PER_UNKNOWN_NAME * unknown


def _hidden(string: Token, names: Names) -> float:
    """What a string holds, at about what it would cost as code, so that to hide code in it does not pay."""
    words = _WORDS.findall(string.text)
    return sum(_IN_TEXT.get(word) or (_NAME_IN_TEXT if names.knows(word) else 1.0) for word in words)


def likeness(lines: Sequence[str], edits: Iterable[Edit]) -> float:
    """What an edited line gains by having the same kinds of tokens as one beside it, like rows of a table."""
    return _AS_ITS_NEIGHBOURS * any(_is_like_a_neighbour(lines, edit.line) for edit in edits)


def _is_like_a_neighbour(lines: Sequence[str], number: int) -> bool:
    mine = _kinds(lines[number])
    near = [*lines[max(0, number - 2) : number], *lines[number + 1 : number + 3]]
    return len(mine) > 1 and any(_kinds(line) == mine for line in near)


def _kinds(line: str) -> list[str]:
    return [habits.kind_of(token, "") for token in lex(line).tokens]


def _tokens(lines: Sequence[str], region: Region) -> Iterator[Token]:
    state = ""
    for number in range(region.first, region.last):
        tokens, state = lex(lines[number], state)
        yield from tokens
