"""Removes top-level functions that a module does not use: templates offer every file the same helpers."""

from __future__ import annotations

import ast

import libcst as cst

from generator.transforms.facts import TransformFacts
from generator.transforms.names import names_used, syntax_tree


def transform(module: cst.Module, facts: TransformFacts) -> cst.Module:
    """The module without undecorated functions that nothing calls, save those that pytest does."""
    unused = _unused(syntax_tree(module))
    if not unused:
        return module
    kept = [
        node for node in module.body if not (isinstance(node, cst.FunctionDef) and node.name.value in unused)
    ]
    return module.with_changes(body=kept)


def _unused(tree: ast.Module) -> set[str]:
    """Names of helpers that nothing else leads to, however these use each other."""
    helpers: dict[str, set[str]] = {}
    waiting: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _is_helper(node):
            helpers.setdefault(node.name, set()).update(names_used(node))
        else:
            waiting |= names_used(node)
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in helpers and name not in used:
            used.add(name)
            waiting |= helpers[name]
    return helpers.keys() - used


def _is_helper(node: ast.FunctionDef) -> bool:
    return not node.decorator_list and not node.name.startswith("test_")
