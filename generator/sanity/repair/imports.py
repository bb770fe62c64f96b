"""Imports of well-known names that a file uses and forgot, put where they belong."""

from __future__ import annotations

import ast
import re
import symtable
import sys
from collections.abc import Iterator, Mapping, Sequence

from generator.sanity.repair.edits import Edit
from generator.sanity.repair.known import KNOWN
from generator.sanity.repair.lexer import Token

_BINDS_AT_RUN_TIME = re.compile(r"\bglobals\(\)(?:\.|\[[^]]*\] *=[^=])|\bexec\(|\bbuiltins\.\w+ *=[^=]")
_Import = ast.Import | ast.ImportFrom


def added(text: str, uses: Mapping[str, Sequence[Token]]) -> Iterator[Edit]:
    """Edits that import names which nothing binds, by what follows each where it is used."""
    if not uses or _BINDS_AT_RUN_TIME.search(text):
        return
    tree = ast.parse(text)
    missing: dict[int, list[str]] = {}
    for name in sorted(uses.keys() - _bound_in_module(text)):
        line = _place(tree, _node(name))
        if line is not None and (_is_from(_node(name)) or _is_used_as_module(uses[name])):
            missing.setdefault(line, []).append(name)
    for line, names in missing.items():
        yield Edit(line, 0, 0, _written(tree, text, line, names), _why(names))


def _node(name: str) -> _Import:
    return ast.parse(KNOWN.imports[name]).body[0]


def _is_from(node: _Import) -> bool:
    return isinstance(node, ast.ImportFrom)


def _why(names: Sequence[str]) -> str:
    listed = " and ".join(f'"{name}"' for name in names)
    return f"{listed} {'is' if len(names) == 1 else 'are'} used, and not imported"


def _is_used_as_module(following: Sequence[Token]) -> bool:
    """Whether attributes are asked of a name, and it is never called: `time` may be a forgotten argument."""
    return any(token.text == "." for token in following) and all(token.text != "(" for token in following)


def _bound_in_module(text: str) -> set[str]:
    """The names that the module itself binds somewhere, perhaps too late."""
    symbols = symtable.symtable(text, "?", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def _written(tree: ast.Module, text: str, line: int, names: Sequence[str]) -> str:
    """The imports in order; blank lines part them from code."""
    statements = [KNOWN.imports[name] for name in sorted(names, key=lambda name: _rank(_node(name)))]
    following = next((node for node in tree.body if _first_line(node) > line), None)
    blank = 0
    if following is not None and _first_line(following) == line + 1 and not _is_import(following):
        blank = 2 if isinstance(following, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else 1
    found = re.search(r"\r\n|\n|\r", text)
    end = found[0] if found else "\n"
    return "".join(statement + end for statement in statements) + end * blank


def _place(tree: ast.Module, new: _Import) -> int | None:
    """The line to put an import before: in its place if the imports are sorted, else after those like it."""
    body = [node for node in tree.body if not _is_docstring(node, tree) and not _is_future(node)]
    block = body[: next((i for i, node in enumerate(body) if not _is_import(node)), len(body))]
    alike = [node for node in block if _rank(node)[:2] == _rank(new)[:2]]
    later = [node for node in alike or block if _rank(node) > _rank(new)]
    is_sorted = sorted(map(_rank, alike)) == list(map(_rank, alike))
    if later and is_sorted:
        return _first_line(later[0]) - 1
    if block:
        return (alike or block)[-1].end_lineno
    return _first_line(body[0]) - 1 if body and body[0].col_offset == 0 else None


def _rank(node: _Import) -> tuple[bool, bool, str]:
    """Where linters sort an import: the standard library first, and `import` before `from`."""
    module = (node.module or "") if _is_from(node) else node.names[0].name
    is_own = _is_from(node) and node.level > 0
    is_standard = not is_own and module.split(".")[0] in sys.stdlib_module_names
    return not is_standard, _is_from(node), module.lower()


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _is_docstring(node: ast.stmt, tree: ast.Module) -> bool:
    return node is tree.body[0] and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
