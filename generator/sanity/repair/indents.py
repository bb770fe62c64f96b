"""Tabs and spaces that do not agree on how far a line is indented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from generator.sanity.repair.edits import Edit
from generator.sanity.repair.lexer import indentation
from generator.sanity.repair.statements import HEADERS, Statement, statements

_WIDTHS = (4, 8, 2, 3)


def agreed(lines: Sequence[str]) -> list[Edit]:
    """The rarer of tabs and spaces written as the other, with the tab width that fits the file best."""
    found = list(statements(lines))
    indents = [indentation(lines[statement.first]) for statement in found]
    tabbed = sum("\t" in indent for indent in indents)
    spaced = sum(" " in indent for indent in indents)
    if not tabbed or not spaced:
        return []
    least = _disagreements(found, indents, 8) + _disagreements(found, indents, 1)
    best: list[Edit] = []
    for width in _WIDTHS:
        count = _disagreements(found, indents, width)
        if count < least:
            least, best = count, list(_rewritten(found, indents, width, to_spaces=tabbed <= spaced))
    return best


def _rewritten(found: list[Statement], indents: list[str], width: int, to_spaces: bool) -> Iterator[Edit]:
    for statement, indent in zip(found, indents, strict=True):
        spaces = len(indent.expandtabs(width))
        new = " " * spaces if to_spaces else "\t" * (spaces // width) + " " * (spaces % width)
        if new != indent and ("\t" in indent) == to_spaces:
            why = "tabs and spaces mixed in the indentation"
            yield Edit(statement.first, 0, len(indent), new, why)


def _disagreements(found: list[Statement], indents: list[str], width: int) -> int:
    """How many statements are indented as no block is, if tabs are as wide as this."""
    count, levels, before = 0, [0], None
    for statement, indent in zip(found, indents, strict=True):
        column = len(indent.expandtabs(width))
        if before is not None and (column > levels[-1]) != _opens_a_block(before):
            count += 1
        if column > levels[-1]:
            levels.append(column)
        while column < levels[-1]:
            levels.pop()
        if column != levels[-1]:
            count += 1
            levels.append(column)
        before = statement
    return count


def _opens_a_block(statement: Statement) -> bool:
    """Whether it ends in a colon, or only lacks it."""
    words = [token.text for _, token in statement.tokens]
    return words[-1] == ":" or (words[0] in HEADERS and ":" not in words)
