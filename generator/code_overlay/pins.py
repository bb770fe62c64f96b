"""The digest by which a code overlay pins the generated code that it was written against."""

from __future__ import annotations

import ast
import hashlib
from typing import Any

import libcst as cst

_EMPTY = cst.Module([])


def pin_of(node: cst.BaseStatement) -> str:
    """The digest of a definition: of its syntax, without its name, its comments and its layout."""
    tree = ast.parse(_EMPTY.code_for_node(node)).body[0]
    return hashlib.blake2b(repr(_shape(tree, without=("name",))).encode(), digest_size=6).hexdigest()


def _shape(value: Any, without: tuple[str, ...] = ()) -> Any:
    """A syntax tree as tuples. Empty fields are left out, since each Python adds some: a pin outlives it."""
    if isinstance(value, list):
        return tuple(_shape(item) for item in value)
    if not isinstance(value, ast.AST):
        return value
    fields = ((name, part) for name, part in ast.iter_fields(value) if name not in without)
    return (type(value).__name__, *((name, _shape(part)) for name, part in fields if part not in (None, [])))
