"""Names that nothing binds: other languages' constants, misspelt keywords, imports that were forgotten.

Which names those are is ruff's to say (F821): it knows scopes, star imports and what Python does to names.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from generator.errors import ProblemsFound
from generator.formatting import ruff_failed, run_ruff
from generator.sanity.repair import imports, pasted
from generator.sanity.repair.edits import Edit, applied
from generator.sanity.repair.known import KNOWN
from generator.sanity.repair.lexer import Token, lex, split_lines
from generator.sanity.repair.statements import parses
from generator.sanity.repair.words import meant_by

_NAME = re.compile(r"`(.+)`")
_CHECK = ("check", "--isolated", "--select", "F821", "--output-format", "json", "--quiet")


class Unbound(NamedTuple):
    """A name that nothing binds, where it is used; lines and columns count from 0."""

    line: int
    column: int
    name: str


def unbound(texts: Sequence[str]) -> list[list[Unbound]]:
    """The unbound names of each text; all are handed to one process."""
    found: list[list[Unbound]] = [[] for _ in texts]
    if not texts:
        return found
    with tempfile.TemporaryDirectory(prefix="sanity-") as folder:
        paths = [f"{number}.py" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            (Path(folder) / path).write_bytes(text.encode("utf-8", "replace"))
        done = run_ruff(_CHECK, paths, Path(folder))
        if done.returncode not in (0, 1):
            raise ProblemsFound([ruff_failed(done, Path(folder))])
    for finding in json.loads(done.stdout):
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
        if following is not None and one.name in KNOWN.imports:
            uses.setdefault(one.name, []).append(following)
        elif following is not None:
            edits += _meant(lines, one)
    edits += imports.added(text, uses)
    return edits if parses("".join(applied(lines, edits))) is None else []


def _meant(lines: list[str], one: Unbound) -> list[Edit]:
    """The edit that makes of a name what it was meant for."""
    if prompt := pasted.prompt_taken_for_a_name(lines, one.line, one.name):
        return [prompt]
    if word := KNOWN.constants.get(one.name):
        return [_replaced(one, word, f'"{one.name}" is "{word}" in Python')]
    if one.name.isalpha() and not lines[one.line][: one.column].strip():
        return _keyword(lines, one)
    return []


def _replaced(one: Unbound, word: str, why: str) -> Edit:
    return Edit(one.line, one.column, one.column + len(one.name), word, why)


def _keyword(lines: list[str], one: Unbound) -> list[Edit]:
    """A statement that begins with a misspelt keyword and still parses, as `retrun (x)` does."""
    for word in meant_by(one.name):
        edit = _replaced(one, word, f'"{one.name}" for "{word}"')
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
