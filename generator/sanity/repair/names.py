"""Names that nothing binds: other languages' constants, misspelt keywords, imports that were forgotten.

Which names those are is ruff's to say (F821): it knows scopes, star imports and what Python does to names.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import symtable
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import ruff

from generator.sanity.repair import pasted
from generator.sanity.repair.edits import Edit, applied
from generator.sanity.repair.known import KNOWN
from generator.sanity.repair.lexer import Token, lex, split_lines
from generator.sanity.repair.statements import parses
from generator.sanity.repair.words import meant_by

_NAME = re.compile(r"`(.+)`")
_COMMAND = ("check", "--isolated", "--no-cache", "--select", "F821", "--output-format", "json", "--quiet")
_MADE_AT_RUN_TIME = re.compile(r"\bglobals\(\)(?:\.|\[[^]]*\] *=[^=])|\bexec\(|\bbuiltins\.\w+ *=[^=]")


class Unbound(NamedTuple):
    """A name that nothing binds, where it is used; lines and columns count from 0."""

    line: int
    column: int
    name: str


def unbound(texts: Sequence[str]) -> list[list[Unbound]]:
    """The unbound names of each text; all are handed to one process."""
    found: list[list[Unbound]] = [[] for _ in texts]
    with tempfile.TemporaryDirectory(prefix="sanity-") as folder:
        for number, text in enumerate(texts):
            (Path(folder) / f"{number}.py").write_bytes(text.encode("utf-8", "replace"))
        done = subprocess.run(
            [ruff.find_ruff_bin(), *_COMMAND, "."],
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        findings = json.loads(done.stdout) if done.returncode in (0, 1) else []
    for finding in findings:
        name = _NAME.search(finding["message"])
        if finding["code"] == "F821" and name:
            place = finding["location"]
            entry = Unbound(place["row"] - 1, place["column"] - 1, name[1])
            found[int(Path(finding["filename"]).stem)].append(entry)
    return [sorted(entries) for entries in found]


def bound(text: str, names: Sequence[Unbound]) -> list[Edit]:
    """Edits that replace or import the names whose meaning is known. The text parses, before and after."""
    if not names:
        return []
    lines = split_lines(text)
    in_code = _in_code(lines)
    edits: list[Edit] = []
    uses: dict[str, list[Token]] = {}
    for one in names:
        following = in_code.get((one.line, one.column, one.name))
        if following is None:
            continue
        if prompt := pasted.prompt_taken_for_a_name(lines, one.line, one.name):
            edits.append(prompt)
        elif one.name in KNOWN.constants:
            edits.append(_replaced(one, KNOWN.constants[one.name], "is"))
        elif one.name in KNOWN.imports:
            uses.setdefault(one.name, []).append(following)
        elif not lines[one.line][: one.column].strip():
            edits += _keyword(lines, one)
    if uses and not _MADE_AT_RUN_TIME.search(text):
        edits += _imports(text, uses)
    return edits if edits and parses("".join(applied(lines, edits))) is None else []


def _replaced(one: Unbound, word: str, verb: str) -> Edit:
    why = f'"{one.name}" {verb} "{word}"' + (" in Python" if verb == "is" else "")
    return Edit(one.line, one.column, one.column + len(one.name), word, why)


def _keyword(lines: list[str], one: Unbound) -> list[Edit]:
    """A statement that begins with a misspelt keyword and still parses, as `retrun (x)` does."""
    if not one.name.isalpha():
        return []
    for word in meant_by(one.name):
        edit = _replaced(one, word, "for")
        if parses("".join(applied(lines, [edit]))) is None:
            return [edit]
    return []


_NOTHING = Token("end", 0, 0, "")


def _in_code(lines: list[str]) -> dict[tuple[int, int, str], Token]:
    """The names that stand outside of strings, with the token after each."""
    found, state = {}, ""
    for number, line in enumerate(lines):
        tokens, state = lex(line, state)
        for token, following in zip(tokens, (*tokens[1:], _NOTHING), strict=False):
            if token.kind == "name":
                found[number, token.start, token.text] = following
    return found


def _imports(text: str, uses: Mapping[str, list[Token]]) -> Iterator[Edit]:
    tree = ast.parse(text)
    taken = _bound_in_module(text)
    for name, following in sorted(uses.items()):
        statement = KNOWN.imports[name]
        if name in taken or (statement.startswith("import ") and not _is_used_as_module(following)):
            continue
        line = _place(tree, text, statement)
        if line is not None:
            yield Edit(line, 0, 0, statement + _line_end(text), f'"{name}" is used, and not imported')


def _is_used_as_module(following: Sequence[Token]) -> bool:
    """Whether attributes are asked of a name, and it is never called: `time` may be a forgotten argument."""
    return any(token.text == "." for token in following) and all(token.text != "(" for token in following)


def _line_end(text: str) -> str:
    found = re.search(r"\r\n|\n|\r", text)
    return found[0] if found else "\n"


def _bound_in_module(text: str) -> set[str]:
    """The names that the module itself binds somewhere, perhaps too late."""
    symbols = symtable.symtable(text, "?", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def _place(tree: ast.Module, text: str, statement: str) -> int | None:
    """The line to put an import before: in its place if the imports are sorted, else after those like it."""
    body = [node for node in tree.body if not _is_docstring(node, tree)]
    first = [node for node in body if not _is_future(node)]
    block = []
    for node in first:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            break
        block.append(node)
    new = ast.parse(statement).body[0]
    alike = [node for node in block if _rank(node)[:2] == _rank(new)[:2]]
    after = [node for node in alike if _rank(node) > _rank(new)]
    if alike:
        is_sorted = sorted(map(_rank, alike)) == list(map(_rank, alike))
        return (after[0].lineno - 1) if after and is_sorted else alike[-1].end_lineno
    later = [node for node in block if _rank(node) > _rank(new)]
    if later:
        return later[0].lineno - 1
    if block:
        return block[-1].end_lineno
    if not first:
        return None
    place = min([first[0].lineno, *(one.lineno for one in getattr(first[0], "decorator_list", ()))])
    return place - 1 if first[0].col_offset == 0 else None


def _rank(node: ast.Import | ast.ImportFrom) -> tuple[bool, bool, str]:
    """Where linters sort an import: the standard library first, and `import` before `from`."""
    is_from = isinstance(node, ast.ImportFrom)
    module = (node.module or "") if is_from else node.names[0].name
    own = is_from and node.level > 0
    return own or module.split(".")[0] not in sys.stdlib_module_names, is_from, module.lower()


def _is_docstring(node: ast.stmt, tree: ast.Module) -> bool:
    return node is tree.body[0] and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
