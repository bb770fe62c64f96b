"""Statements of a file that may not parse: where each begins and ends, and whether it is one.

Python's parser tells of the first error alone. Asked of each logical line by itself, it tells of all, and
a guess at a repair costs microseconds rather than the parse of a file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from generator.sanity.repair.lexer import CLOSERS, OPENERS, Token, column, lex

# What makes a clause a whole statement, by its first word: what stands before it, what after it, and its
# body if it ends in a colon.
_PLAIN = ("", "", "\n pass")
_AFTER_IF = ("if 1: pass\n", "", "\n pass")
_AFTER_TRY = ("try: pass\n", "", "\n pass")
_CONTEXTS = {
    "elif": _AFTER_IF,
    "else": _AFTER_IF,
    "except": _AFTER_TRY,
    "finally": _AFTER_TRY,
    "try": ("", "\nfinally: pass", "\n pass\nfinally: pass"),
    "@": ("", "\ndef f(): pass", "\ndef f(): pass"),
    "match": ("", "", "\n case 0: pass"),
    "case": ("match 0:\n ", "", "\n  pass"),
}
HEADERS = frozenset(
    {
        "if",
        "elif",
        "else",
        "for",
        "while",
        "def",
        "class",
        "with",
        "try",
        "except",
        "finally",
        "async",
        "match",
        "case",
    }
)
# Words that only a statement begins with, whatever is open.
BEGINNERS = frozenset(
    {
        "def",
        "class",
        "return",
        "import",
        "while",
        "with",
        "try",
        "pass",
        "break",
        "continue",
        "del",
        "global",
        "nonlocal",
        "assert",
        "except",
        "finally",
        "elif",
        "raise",
    }
)


@dataclass(frozen=True)
class Statement:
    """A logical line: its physical lines from `first` to `last`, and its tokens by line."""

    first: int
    last: int
    column: int
    tokens: tuple[tuple[int, Token], ...]
    whole: bool
    """Whether all that it opens is closed, as far as the lines go."""

    @property
    def is_header(self) -> bool:
        return self.tokens[-1][1].text == ":"


def statement_at(lines: Sequence[str], start: int) -> Statement | None:
    """The logical line that begins on a line or after it; None at the end."""
    first, state, depth = None, "", 0
    tokens: list[tuple[int, Token]] = []
    for number in range(start, len(lines)):
        lexed = lex(lines[number], state)
        state = lexed.state
        code = [(number, token) for token in lexed.tokens if token.kind != "comment"]
        if first is None and not code:
            continue
        first = number if first is None else first
        tokens += code
        for _, token in code:
            if token.kind == "op" and token.text in OPENERS:
                depth += 1
            elif token.kind == "op" and token.text in CLOSERS:
                depth = max(0, depth - 1)
        if not state and not depth and not (code and code[-1][1].kind == "join"):
            return Statement(first, number, column(lines[first]), tuple(tokens), True)
    if first is None:
        return None
    return Statement(first, len(lines) - 1, column(lines[first]), tuple(tokens), False)


def statements(lines: Sequence[str], start: int = 0) -> Iterator[Statement]:
    """The logical lines from a line on."""
    while found := statement_at(lines, start):
        yield found
        start = found.last + 1


def is_sound(lines: Sequence[str], statement: Statement) -> bool:
    """Whether Python would take the statement by itself, with a body if it asks for one."""
    return statement.whole and error_in(lines, statement) is None


def error_in(lines: Sequence[str], statement: Statement) -> tuple[int, int, str] | None:
    """Python's complaint about the statement by itself: line and column from its beginning, message."""
    text = "".join(lines[statement.first : statement.last + 1]).lstrip(" \t\f")
    return _error(text, statement.tokens[0][1].text, statement.is_header)


def parses(text: str) -> SyntaxError | None:
    """Why a text does not parse; None where it does."""
    try:
        compile(text, "?", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return SyntaxError(str(error) or "too deeply nested", ("?", None, None, None))
    return None


@lru_cache(maxsize=50_000)
def _error(text: str, first_word: str, is_header: bool) -> tuple[int, int, str] | None:
    if first_word == "case" and not is_header and parses(text) is None:
        return None  # a name like any other, unless a colon follows
    before, after, body = _CONTEXTS.get(first_word, _PLAIN)
    error = parses(before + text + (body if is_header else after))
    if error is None:
        return None
    return (error.lineno or 1) - before.count("\n"), error.offset or 0, error.msg
