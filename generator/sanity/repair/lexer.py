"""Tokens of Python that need not be Python: line by line, with what a line leaves open.

The standard tokenizer stops at the first error, and what is repaired here is full of them. Lines are
lexed alone, from the state that the line before left, so that an edit costs one line.
"""

from __future__ import annotations

import keyword
import re
from functools import lru_cache
from typing import NamedTuple

OPENERS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = {closer: opener for opener, closer in OPENERS.items()}
KEYWORDS = frozenset(keyword.kwlist)

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\f]+)
  | (?P<comment>\#[^\r\n]*)
  | (?P<end>\r?\n|\r)
  | (?P<join>\\(?=\r?\n|\r|\Z))
  | (?P<quote>(?:[rR][bBfFtT]?|[bBfFtT][rR]?|[uU])?(?P<mark>\"\"\"|'''|"|'))
  | (?P<number>(?:0[xXoObB][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?))
  | (?P<name>[^\W\d]\w*)
  | (?P<op>\*\*=|//=|<<=|>>=|\.\.\.|&&|\|\||[-+*/%@&|^=<>!:]=|->|\*\*|//|<<|>>|[-+*/%@&|^~<>=.,:;()\[\]{}!])
  | (?P<odd>.)
    """,
    re.VERBOSE,
)
_REST = {
    mark: re.compile(rf"(?:[^\\{mark[0]}\r\n]|\\(?:\r\n|[\s\S])|{mark[0]}(?!{mark[1:]}))*?(?P<end>{mark})")
    if len(mark) == 3
    else re.compile(rf"(?:[^\\{mark}\r\n]|\\[^\r\n])*(?P<end>{mark})")
    for mark in ('"""', "'''", '"', "'")
}
_CONTINUED = re.compile(r"(?:[^\\\r\n]|\\[^\r\n])*\\(?:\r?\n|\r)?\Z")


class Token(NamedTuple):
    """`kind` is name, number, op, comment, join, odd (no character of Python), string (a whole one), part
    (a line of a longer one) or open (the line ends before the string does)."""

    kind: str
    start: int
    end: int
    text: str


class Lexed(NamedTuple):
    """The tokens of a line, and the quotes that it leaves open (empty: none)."""

    tokens: tuple[Token, ...]
    state: str


@lru_cache(maxsize=20_000)
def lex(line: str, state: str = "") -> Lexed:
    """The tokens of a line that begins inside the quotes `state`; the line may end in its line end."""
    tokens: list[Token] = []
    at = 0
    if state:
        token, state = _string(line, 0, 0, state)
        tokens.append(token)
        at = token.end
    while at < len(line) and not state:
        match = _TOKEN.match(line, at)
        kind, at = match.lastgroup, match.end()
        if kind == "quote":
            token, state = _string(line, match.start(), at, match["mark"])
            tokens.append(token)
            at = token.end
        elif kind not in ("space", "end"):
            tokens.append(Token(kind, match.start(), at, match[0]))
    return Lexed(tuple(tokens), state)


def width(line: str) -> int:
    """How long a line is without its line end."""
    return len(line.rstrip("\r\n"))


def indentation(line: str) -> str:
    """The white space that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def column(line: str) -> int:
    """How far a line is indented, a tab counted as one step of four."""
    return len(indentation(line).expandtabs(4))


def split_lines(text: str) -> list[str]:
    """The lines with their ends, where Python sees line ends (`str.splitlines` sees more)."""
    return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", text)


def _string(line: str, start: int, inside: int, mark: str) -> tuple[Token, str]:
    """The token of a string whose text begins at the column `inside`, and what it leaves open."""
    match = _REST[mark].match(line, inside)
    end = match.end() if match else width(line)
    if match:
        kind, state = ("string" if start < inside else "part"), ""
    elif len(mark) == 3 or _CONTINUED.match(line, inside):
        kind, state = "part", mark
    else:
        kind, state = "open", ""
    return Token(kind, start, end, line[start:end]), state
