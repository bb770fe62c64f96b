"""Leaves to LibCST only what a transform may edit: `ast` reads the rest, at a tenth of the cost."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import pairwise

from generator.transforms.names import names_used

_EDITED = (ast.Import, ast.ImportFrom, ast.Expr)


def shorten(source: str) -> tuple[str, dict[str, str]]:
    """The source with each long statement on one line that reads the same names, and what these stand for.

    Imports, and what does not parse stay as they are; a helper stays a function.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source, {}
    if "\r" in source:  # which ends a line for Python, and is one of its own for nobody else
        return source, {}
    lines = source.split("\n")
    stands_for: dict[str, str] = {}
    mark = _unheard_of(source)
    for node in reversed(list(_alone(tree))):
        if node.end_lineno > node.lineno and not isinstance(node, _EDITED):
            start, end = _first_line(node) - 1, node.end_lineno
            line = _in_one_line(node, f"{mark} {len(stands_for)}")
            stands_for[line] = "\n".join(lines[start:end])
            lines[start:end] = [line]
    return "\n".join(lines), stands_for


def restore(source: str, stands_for: Mapping[str, str]) -> str:
    """The source with the long statements back in their places."""
    return "\n".join(stands_for.get(line, line) for line in source.split("\n"))


def _alone(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that share no line with another."""
    ends = [0, *(node.end_lineno for node in tree.body)]
    starts = [*(_first_line(node) for node in tree.body), ends[-1] + 1]
    for node, before, (start, after) in zip(tree.body, ends, pairwise(starts), strict=False):
        if before < start and node.end_lineno < after:
            yield node


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])


def _unheard_of(source: str) -> str:
    """A word that the source does not hold: a docstring could say, else, what stands for a statement."""
    word = "statement"
    while word in source:
        word += "_"
    return word


def _in_one_line(node: ast.stmt, name: str) -> str:
    names = "".join(f"{used}, " for used in sorted(names_used(node)))
    plain = isinstance(node, ast.FunctionDef) and not node.decorator_list
    return f'{f"def {node.name}(): " if plain else ""}("{name}", {names})'
