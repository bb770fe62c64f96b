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
    """Names of helpers that are used by nothing, or by nothing but unused helpers."""
    helpers = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and _is_helper(node)}
    uses = [(getattr(node, "name", None), names_used(node)) for node in tree.body]
    unused: set[str] = set()
    while True:
        # Calling itself is no use to others.
        used = {name for owner, names in uses if owner not in unused for name in names - {owner}}
        if helpers - used == unused:
            return unused
        unused = helpers - used


def _is_helper(node: ast.FunctionDef) -> bool:
    return not node.decorator_list and not node.name.startswith("test_")
