"""Which bracket is the first that is wrong, and how far the statement that has it can go.

Indentation is what a lost bracket leaves intact: a line that is not indented deeper than the statement, or
that only a statement can begin, tells that all should have been closed before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.sanity.repair.lexer import CLOSERS, OPENERS, Token, column, lex
from generator.sanity.repair.statements import BEGINNERS

_BLOCKS = {"if", "for", "else", "async"}
_LINKS = {"if", "else", "for", "and", "or", "in", "is", "as"}
_FARTHEST = 2000


@dataclass(frozen=True)
class Place:
    """A bracket, or (without a token) the beginning or end of the lines that may belong to the statement."""

    line: int
    token: Token | None


@dataclass(frozen=True)
class Imbalance:
    """What is open, outermost first, where something is wrong; `closer` has no opener, or another's."""

    open: tuple[Place, ...]
    closer: Place


def imbalance(lines: Sequence[str], first: int) -> Imbalance | None:
    """The first thing wrong with the brackets of the statement that begins on a line."""
    open_: list[Place] = []
    end = end_of(lines, first)
    for number, token in _brackets(lines, first, end):
        if token.text in OPENERS:
            open_.append(Place(number, token))
        elif open_ and open_[-1].token.text == CLOSERS[token.text]:
            open_.pop()
        else:
            return Imbalance(tuple(open_), Place(number, token))
    return Imbalance(tuple(open_), Place(end, None)) if open_ else None


def end_of(lines: Sequence[str], first: int) -> int:
    """The line before which a statement must end."""
    state, last = "", min(len(lines), first + _FARTHEST)
    for number in range(first, last):
        tokens, after = lex(lines[number], state)
        if number > first and not state and _is_beyond(lines, number, first, tokens):
            return number
        state = after
    return last


def _brackets(lines: Sequence[str], first: int, end: int) -> Iterator[tuple[int, Token]]:
    state = ""
    for number in range(first, end):
        tokens, state = lex(lines[number], state)
        for token in tokens:
            if token.kind == "op" and (token.text in OPENERS or token.text in CLOSERS):
                yield number, token


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
    if code[0].text == "from":  # of `raise … from …`
        return not any(token.text == "import" for token in code)
    return code[0].text in _LINKS
