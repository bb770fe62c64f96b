"""Lists of imported names, kept well-formed when one comes or goes."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst


def well_separated(aliases: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    """A comma after each; the last keeps one only where a line end in parentheses hangs on it."""
    *front, last = aliases
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    spaced = [a if isinstance(a.comma, cst.Comma) else a.with_changes(comma=comma) for a in front]
    return [
        *spaced,
        last if _ends_line(last) else last.with_changes(comma=cst.MaybeSentinel.DEFAULT),
    ]


def _ends_line(alias: cst.ImportAlias) -> bool:
    return isinstance(alias.comma, cst.Comma) and isinstance(
        alias.comma.whitespace_after, cst.ParenthesizedWhitespace
    )
