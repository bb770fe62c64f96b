"""Checks that need nothing but a file's text."""

from __future__ import annotations

import ast
import builtins
import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from generator.errors import Problem
from generator.sanity.repair import repair
from generator.sanity.subject import GeneratedFile, Subject

_START = r"(?<![\w/.:~-])"  # not the inside of a URL or of a relative path
_ABSOLUTE = r"/(?:home|root|tmp|Users|private|mnt|var/folders|var/tmp)\b[\w./-]*"
_WINDOWS = r"\b[A-Z]:\\\\?Users\b"
_RELATIVE = re.compile(r"\bfrom[\s\\]*\.")
_BUILTINS = frozenset(dir(builtins))
_DEFINED = re.compile(r"^(?:(?:class|def) )?(\w+)(?=[(:]| = )", re.MULTILINE)
_IMPORTED = re.compile(r"^(?:from|import) [^(\n]*(?:\([^)]*\))?", re.MULTILINE)
_WORD = re.compile(r"\w+")
_TIME = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_RANDOM = re.compile(
    r"\bat 0x[0-9a-fA-F]+|\b0x[0-9a-fA-F]{9,}\b"
    r"|\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
)


def syntax_error(file: GeneratedFile) -> Problem | None:
    """Why the file does not compile, if so; a warning counts: a bad escape is a mistake too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compile(file.text, file.facts.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return file.problem(error.lineno, f"does not compile: {error.msg}{_cause(file.text)}")
    except ValueError as error:
        return file.problem(None, f"does not compile: {error}")
    return None


def _cause(text: str) -> str:
    """What a repair would begin with: the parser often complains far from the mistake."""
    (repaired,) = repair([text])
    first = min(repaired.changes, default=None)
    return f" (line {first.line}: {first.why})" if first else ""


def no_relative_imports(subject: Subject) -> Iterator[Problem]:
    """The host loads a skillset by path, where a relative import has nothing to relate to."""
    for file in subject.files.values():
        maybe = _RELATIVE.search(file.text)  # most have none, and parsing takes milliseconds
        for node in ast.walk(ast.parse(file.text)) if maybe else ():
            if isinstance(node, ast.ImportFrom) and node.level:
                yield file.problem(node.lineno, "a relative import")


def binds_each_name_once(subject: Subject) -> Iterator[Problem]:
    """A task may have any name: its function or class must not take the place of another, or of a builtin."""
    for file in subject.files.values():
        defined = _DEFINED.findall(file.text)
        imported = {word for line in _IMPORTED.findall(file.text) for word in _WORD.findall(line)}
        if len(set(defined)) < len(defined) or not {*_BUILTINS, *imported}.isdisjoint(defined):
            yield from _bound_twice(file)  # or so it seemed: a docstring has lines too


def _bound_twice(file: GeneratedFile) -> Iterator[Problem]:
    seen = set(_BUILTINS)
    for node in ast.parse(file.text).body:
        for name in _names_bound(node):
            if name in seen:
                yield file.problem(node.lineno, f"{name} takes the place of another of this name")
            seen.add(name)


def _names_bound(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name for alias in node.names]
    return [target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]


def no_trace_of_this_machine(subject: Subject) -> Iterator[Problem]:
    """A path that exists here and nowhere else would differ in every checkout."""
    here = {str(subject.layout.root), str(Path.home()), tempfile.gettempdir()}
    own = [re.escape(path) + r"\b" for path in sorted(here, key=len, reverse=True) if len(path) > 1]
    pattern = f"{_START}(?:{'|'.join([*own, _ABSOLUTE])})|{_WINDOWS}"
    yield from _found(subject, re.compile(pattern), "a path of one machine")


def no_time_or_random_value(subject: Subject) -> Iterator[Problem]:
    """What differs from run to run: the time, an object's address, a UUID."""
    yield from _found(subject, _TIME, "a time")
    yield from _found(subject, _RANDOM, "an address or a UUID")


def _found(subject: Subject, pattern: re.Pattern[str], what: str) -> Iterator[Problem]:
    for file in subject.files.values():
        for match in pattern.finditer(file.text):
            line = file.text.count("\n", 0, match.start()) + 1
            yield file.problem(line, f'{what}: "{match[0]}"')
