"""Removes top-level imports that a module does not use: templates import for every shape of file.

Kept: `from __future__`, star imports, and lines marked `noqa`, which have an effect.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from generator.transforms.facts import TransformFacts
from generator.transforms.names import names_used, syntax_tree


def transform(module: cst.Module, facts: TransformFacts) -> cst.Module:
    """The module without the imports that bind a name nobody reads."""
    used = names_used(syntax_tree(module))
    body = [_trimmed(statement, used) for statement in module.body]
    if all(new is old for new, old in zip(body, module.body, strict=True)):
        return module
    return _without_gaps(module, body)


def _trimmed(statement: cst.BaseStatement, used: set[str]) -> cst.BaseStatement | None:
    """The statement with its used names only; None when nothing of it is used."""
    line = _plain_import(statement)
    if line is None:
        return statement
    names = [alias for alias in line.names if _bound(alias) in used]
    if len(names) == len(line.names):
        return statement
    if not names:
        return None
    return statement.with_changes(body=[line.with_changes(names=_well_separated(names))])


def _well_separated(aliases: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
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


def _plain_import(statement: cst.BaseStatement) -> cst.Import | cst.ImportFrom | None:
    """The import that a line consists of, if names may be taken from it."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    line, comment = statement.body[0], statement.trailing_whitespace.comment
    if not isinstance(line, (cst.Import, cst.ImportFrom)) or isinstance(line.names, cst.ImportStar):
        return None
    future = isinstance(line, cst.ImportFrom) and getattr(line.module, "value", "") == "__future__"
    return None if future or (comment and "noqa" in comment.value) else line


def _bound(alias: cst.ImportAlias) -> str:
    """The name that an alias binds: `import a.b` binds `a`."""
    return alias.evaluated_alias or alias.evaluated_name.partition(".")[0]


def _without_gaps(module: cst.Module, body: Sequence[cst.BaseStatement | None]) -> cst.Module:
    """Comments above a removed import move to what follows it: they may head a whole group."""
    kept: list[cst.BaseStatement] = []
    waiting: list[cst.EmptyLine] = []
    for old, new in zip(module.body, body, strict=True):
        if new is None:
            waiting += [line for line in old.leading_lines if line.comment]
        else:
            leading = [*waiting, *new.leading_lines]
            kept.append(new.with_changes(leading_lines=leading) if waiting else new)
            waiting = []
    return module.with_changes(body=kept, footer=[*waiting, *module.footer])
