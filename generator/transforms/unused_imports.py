"""Removes top-level imports that a module does not use: templates import for every shape of file.

`ast` finds the names, as LibCST's scope metadata is far slower; LibCST cuts them out and leaves the
rest as it is. Kept: `from __future__`, star imports, and lines marked `noqa`, which have an effect.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from generator.transforms.aliases import well_separated
from generator.transforms.facts import TransformFacts


def transform(module: cst.Module, facts: TransformFacts) -> cst.Module:
    """The module without the imports that bind a name nobody reads."""
    used = names_used(ast.parse(module.code))
    body = [_trimmed(statement, used) for statement in module.body]
    if all(new is old for new, old in zip(body, module.body, strict=True)):
        return module
    return _without_gaps(module, body)


def names_used(tree: ast.Module) -> set[str]:
    """Every name the code reads, also in quoted annotations, and what `__all__` lists."""
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            used.add(node.id)
        for text in _quoted(node):
            used |= _names_in_text(text)
    return used


def _quoted(node: ast.AST) -> Iterator[str]:
    """Strings that hold code or names: in annotations and in `__all__`."""
    places = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in node.targets):
        places.append(node.value)
    for place in filter(None, places):
        for inner in ast.walk(place):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner.value


def _names_in_text(text: str) -> set[str]:
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


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
    return statement.with_changes(body=[line.with_changes(names=well_separated(names))])


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
