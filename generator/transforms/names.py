"""Which names a module reads: by `ast`, as LibCST's scope metadata is far slower."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

import libcst as cst


@lru_cache(maxsize=1)
def syntax_tree(module: cst.Module) -> ast.Module:
    """The `ast` of a module; made once for the transforms that leave the module as it is."""
    return ast.parse(module.code)


def names_used(tree: ast.AST) -> set[str]:
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
