"""Strings that do not end where they should."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from generator.sanity.repair.characters import DOUBLE, SINGLE
from generator.sanity.repair.edits import Edit, Proposal, Trouble, line_tokens
from generator.sanity.repair.lexer import Token, lex, width

_WHY = "the string is not closed"
_TYPOGRAPHIC = "typographic quotes around a string"
_MARK = re.compile(r"\"\"\"|'''|\"|'")
_TRIPLE = re.compile(f"[{DOUBLE}]{{3}}|[{SINGLE}]{{3}}")
_ENDS_OF_WORDS = re.compile(r"(?<=\w)(?!\w)|(?<!\w)")
_LIKE_CODE = re.compile(r", |\]\[|[\])]\.|\b=\b|\w\(| [=!<>+]=? | if | else |: ")
_BEFORE_NO_SPACE = re.compile(r"\s+[])},:.]")
_FARTHEST = 200


def in_one_line(trouble: Trouble) -> Iterator[Proposal]:
    """A quote put where the string, or one before it on the line, may have ended."""
    for number, tokens in line_tokens(trouble):
        strings = [token for token in tokens if token.kind in ("string", "open") and _MARK.search(token.text)]
        if not strings or strings[-1].kind != "open":
            continue
        mark = _MARK.search(strings[-1].text)[0]
        yield from _typographic(number, strings[-1], mark)
        for token in strings:
            if _MARK.search(token.text)[0] == mark:
                yield from _closed(trouble.lines[number], number, token, mark)


def _typographic(number: int, token: Token, mark: str) -> Iterator[Proposal]:
    for match in re.finditer(f"[{DOUBLE if mark == chr(34) else SINGLE}]", token.text):
        at = token.start + match.start()
        yield Proposal((Edit(number, at, at + 1, mark, _TYPOGRAPHIC),), 0.1)


def _closed(line: str, number: int, token: Token, mark: str) -> Iterator[Proposal]:
    inside = token.start + _MARK.search(token.text).end()
    limit = token.end if token.kind == "open" else token.end - 1
    for at in range(inside, limit + 1):
        if at == limit or _ENDS_OF_WORDS.match(line, at):
            cost = 0.3 + _doubt(line[inside:at], line[at : width(line)])
            yield Proposal((Edit(number, at, at, mark, _WHY),), cost)


def _doubt(text: str, rest: str) -> float:
    """How little a text looks like a string, and what is left of the line like the code after one."""
    after = [token for token in lex(rest).tokens if token.kind != "comment"]
    reasons = (
        (0.3 * len(_LIKE_CODE.findall(text)), True),
        (0.7, not _is_balanced(text)),
        (0.15, not text),
        (0.8, text.endswith((",", ":"))),
        (0.1, rest and not rest.isspace() and text != text.strip()),
        (0.3, rest.isspace()),  # white space at the end of a line was the string's
        (0.1, rest[:1].isalnum()),
        (0.5, _BEFORE_NO_SPACE.match(rest)),
        (1.0, rest.startswith(("(", "["))),
        (2.0, rest.startswith("#")),
        (0.4, after and after[0].kind == "string"),
        (0.3, any(token.kind in ("odd", "open") for token in after)),
    )
    return sum(cost for cost, holds in reasons if holds)


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            return False
    return depth == 0


def in_many_lines(trouble: Trouble) -> Iterator[Proposal]:
    """Triple quotes put where a text may have ended: after a line of it, or where a line is all white."""
    for number, token in trouble.statement.tokens:
        mark = _MARK.match(token.text.lstrip("rRbBfFuUtT"))
        if token.kind == "part" and mark and len(mark[0]) == 3:
            is_closed = trouble.statement is not trouble.failing
            yield from _ends(trouble.lines, number, token, mark[0], 1.0 if is_closed else 0.0)
            return


def _ends(lines: Sequence[str], first: int, token: Token, mark: str, cost: float) -> Iterator[Proposal]:
    if token.text.strip("rRbBfFuUtT" + mark):
        yield _end(first, width(lines[first]), mark, cost + 0.2)
    for number in range(first + 1, min(len(lines), first + _FARTHEST)):
        text = lines[number][: width(lines[number])]
        if not text.strip():
            yield _end(number, len(text), mark, cost + (0.1 if text else _blank_cost(lines, number)))
            continue
        if quotes := _TRIPLE.search(text):
            yield Proposal((Edit(number, *quotes.span(), mark, _TYPOGRAPHIC),), cost, weighed=False)
        yield _end(number, len(text), mark, cost + 0.4)
        if mark in text:
            return


def _blank_cost(lines: Sequence[str], number: int) -> float:
    """Of quotes on an empty line: it was theirs if more than the usual blank lines follow the text."""
    following = number
    while following < len(lines) and not lines[following].strip():
        following += 1
    usual = 2 if following < len(lines) and lines[following].startswith(("def ", "class ", "@")) else 1
    return 0.2 if following - number > usual and lines[number - 1].strip() else 0.6


def _end(line: int, at: int, mark: str, cost: float) -> Proposal:
    return Proposal((Edit(line, at, at, mark, _WHY),), cost, weighed=False)
