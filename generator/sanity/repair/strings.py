"""Strings that do not end where they should."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from generator.sanity.repair.characters import DOUBLE, SINGLE
from generator.sanity.repair.edits import Edit, Proposal, Trouble, line_tokens
from generator.sanity.repair.lexer import Token, lex, width

_MARK = re.compile(r"\"\"\"|'''|\"|'")
_TRIPLE = re.compile(f"[{DOUBLE}]{{3}}|[{SINGLE}]{{3}}")
_WHY = "the string is not closed"
_FARTHEST = 200
_LIKE_CODE = re.compile(r", |\]\[|[\])]\.|\b=\b|\)\.|, \w+=|\w\(| [=!<>+]=? | if | else |: ")
_LIKE_A_CALL = 1.0
_CLOSED_ALREADY = 1.0
_COMMENTED = 1.0
_UNBALANCED = 0.7
_CODE = 0.3
_BOUNDARY = re.compile(r"(?<=\w)(?!\w)|(?<!\w)")


def in_one_line(trouble: Trouble) -> Iterator[Proposal]:
    """A quote put where the string, or one before it on the line, may have ended."""
    for number, tokens in line_tokens(trouble):
        opened = next((token for token in tokens if token.kind == "open" and _MARK.search(token.text)), None)
        if opened is None:
            continue
        line = trouble.lines[number]
        mark = _MARK.search(opened.text)[0]
        yield from _typographic(number, opened, mark)
        strings = [token for token in tokens if token.kind in ("string", "open")]
        for token in strings:
            if _MARK.search(token.text)[0] == mark:
                yield from _closed(trouble, number, line, token, mark, token is opened)


def _typographic(number: int, token: Token, mark: str) -> Iterator[Proposal]:
    for match in re.finditer(f"[{DOUBLE if mark == chr(34) else SINGLE}]", token.text):
        at = token.start + match.start()
        yield Proposal((Edit(number, at, at + 1, mark, "a typographic quote ends the string"),), 0.1)


def _closed(
    trouble: Trouble, number: int, line: str, token: Token, mark: str, is_open: bool
) -> Iterator[Proposal]:
    inside = token.start + _MARK.search(token.text).end()
    limit = width(line) if is_open else token.end - 1
    for at in range(inside, limit + 1):
        if not _BOUNDARY.match(line, at) and at != limit:
            continue
        text, rest = line[inside:at], line[at : width(line)]
        cost = 0.3 + _doubt(trouble, text, rest, mark)
        yield Proposal((Edit(number, at, at, mark, _WHY),), cost)


def _doubt(trouble: Trouble, text: str, rest: str, mark: str) -> float:
    """How little a string and the code after it look like one another's place."""
    doubt = 0.0
    after = [token for token in lex(rest).tokens if token.kind != "comment"]
    doubt += 0.3 * any(token.kind in ("odd", "open") for token in after)
    doubt += _UNBALANCED * (not _is_balanced(text)) + _COMMENTED * rest.startswith("#")
    doubt += _CODE * len(_LIKE_CODE.findall(text))
    doubt += 0.15 * (not text) + 0.1 * rest[:1].isalnum() + 0.8 * text.endswith((",", ":"))
    doubt += _LIKE_A_CALL * (rest[:1] in "([" and bool(rest)) + 0.4 * bool(
        after and after[0].kind == "string"
    )
    return doubt + (0.3 if rest.isspace() else 0.1 * bool(rest and text != text.strip()))


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
        mark = _MARK.search(token.text)
        if token.kind == "part" and mark and len(mark[0]) == 3 and token.start + 3 <= token.end:
            closed = 0.0 if trouble.statement is trouble.failing else _CLOSED_ALREADY
            yield from _ends(trouble, number, token, mark[0], closed)
            return


def _ends(trouble: Trouble, number: int, token: Token, mark: str, cost: float) -> Iterator[Proposal]:
    lines = trouble.lines
    end = width(lines[number])
    if lines[number][token.start :].strip(mark[0] + "rRbBfFuU \r\n"):
        yield _end(number, len(lines[number][:end].rstrip()), mark, cost + 0.2)
    for line in range(number + 1, min(len(lines), number + _FARTHEST)):
        text = lines[line][: width(lines[line])]
        if not text.strip():
            yield _end(line, len(text), mark, cost + (0.1 if text else _blank_cost(lines, line)))
            continue
        if typographic := _TRIPLE.search(text):
            why = "typographic quotes around a string"
            edit = Edit(line, *typographic.span(), mark, why)
            yield Proposal((edit,), cost, weighed=False)
        yield _end(line, len(text.rstrip()), mark, cost + 0.4)
        inner = text.find(mark)
        if inner >= 0:
            return


def _blank_cost(lines: Sequence[str], line: int) -> float:
    """Of quotes on an empty line: it was theirs if more than the usual blank lines follow the text."""
    following = line
    while following < len(lines) and not lines[following].strip():
        following += 1
    usual = 2 if following < len(lines) and lines[following].startswith(("def ", "class ", "@")) else 1
    return 0.2 if following - line > usual and lines[line - 1].strip() else 0.6


def _end(line: int, at: int, mark: str, cost: float) -> Proposal:
    return Proposal((Edit(line, at, at, mark, _WHY),), cost, weighed=False)
