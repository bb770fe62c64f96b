"""Where a code overlay reaches: a module or one of its classes, as statements that bind names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import libcst as cst

Definition = cst.FunctionDef | cst.ClassDef
PREFIX = "generated_"


def bound_name(statement: cst.BaseStatement) -> str | None:
    """The one name that a definition or an assignment binds; None of any other statement."""
    if isinstance(statement, Definition):
        return statement.name.value
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return _assigned(statement.body[0])
    return None


def _assigned(statement: cst.BaseSmallStatement) -> str | None:
    if isinstance(statement, cst.AnnAssign):
        target = statement.target
    elif isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        target = statement.targets[0].target
    else:
        return None
    return target.value if isinstance(target, cst.Name) else None


def is_import(statement: cst.BaseStatement) -> bool:
    """Whether a statement imports and does nothing else."""
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(part, (cst.Import, cst.ImportFrom)) for part in statement.body
    )


def is_docstring(statement: cst.BaseStatement) -> bool:
    """Whether a statement is a text and nothing else."""
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and len(statement.body) == 1
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )


def scopes(module: cst.Module) -> dict[str | None, Sequence[cst.BaseStatement]]:
    """The statements of a module (by None) and of each of its classes (by name)."""
    classes = (node for node in module.body if isinstance(node, cst.ClassDef))
    return {None: module.body, **{node.name.value: node.body.body for node in classes}}


def named(statements: Iterable[cst.BaseStatement]) -> dict[str, cst.BaseStatement]:
    """The statements that bind a name, by that name."""
    return {name: node for node in statements if (name := bound_name(node)) is not None}


def qualified(owner: str | None, name: str) -> str:
    """`FillMask.answer`: how a person calls a name in a scope."""
    return f"{owner}.{name}" if owner else name


def kept_as(name: str) -> str:
    """The name under which a wrapped method stays: `generated_answer`, `generated_init` for `__init__`."""
    return PREFIX + name.strip("_")


def code_of(node: cst.CSTNode) -> str:
    """The text of a node by itself."""
    return cst.Module([]).code_for_node(node)
