"""Removes top-level functions that a module does not use: templates offer every file the same helpers."""

from __future__ import annotations

import ast

import libcst as cst

from generator.transforms.facts import TransformFacts
from generator.transforms.unused_imports import names_used


def transform(module: cst.Module, facts: TransformFacts) -> cst.Module:
    """The module without undecorated functions that nothing calls, save those that pytest does."""
    unused = _unused(ast.parse(module.code))
    if not unused:
        return module
    kept = [
        node for node in module.body if not (isinstance(node, cst.FunctionDef) and node.name.value in unused)
    ]
    return module.with_changes(body=kept)


def _unused(tree: ast.Module) -> set[str]:
    """Names of helpers that are used by nothing, or by nothing but unused helpers."""
    helpers = {
        node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and _is_helper(node)
    }
    unused: set[str] = set()
    while True:
        kept = [node for node in tree.body if getattr(node, "name", None) not in unused]
        used = {
            name
            for node in kept
            for name in names_used(ast.Module([node], []))
            if helpers.get(name) is not node  # calling itself is no use to others
        }
        found = helpers.keys() - used
        if found == unused:
            return unused
        unused = set(found)


def _is_helper(node: ast.FunctionDef) -> bool:
    return not node.decorator_list and not node.name.startswith("test_")
