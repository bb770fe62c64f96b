"""Reads a code overlay: definitions, each with what it does to the file, and the imports they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from generator import code_overlay, syntax
from generator.code_overlay import scopes
from generator.errors import Problem, ProblemsFound, raise_if_any
from generator.naming import Layout

MARKERS = code_overlay.__name__
_NOT_AN_ENTRY = "an overlay holds imports, definitions and assignments alone"
_MARK_IT = "put @adds(), @replaces(…) or @wraps(…) above it"


class Kind(StrEnum):
    """What an entry does; the names of the decorators."""

    ADDS = "adds"
    REPLACES = "replaces"
    WRAPS = "wraps"


@dataclass(frozen=True)
class Entry:
    """One definition or assignment of an overlay, as it will stand in the generated file."""

    kind: Kind
    owner: str | None
    """The class that it belongs to; None for the module."""
    name: str
    node: cst.BaseStatement
    line: int
    pin: str = ""
    before: str | None = None

    @property
    def shown(self) -> str:
        return scopes.qualified(self.owner, self.name)


@dataclass(frozen=True)
class CodeOverlay:
    """One file: where it is, and what it says."""

    path: str
    module: cst.Module
    imports: tuple[cst.SimpleStatementLine, ...]
    entries: tuple[Entry, ...]

    def names_in(self, owner: str | None) -> set[str]:
        """The names that its entries bind in a scope, also those under which what they wrap stays."""
        own = [entry for entry in self.entries if entry.owner == owner]
        kept = {scopes.kept_as(entry.name) for entry in own if entry.kind is Kind.WRAPS}
        return kept | {entry.name for entry in own}

    def problem(self, entry: Entry, message: str, hint: str | None = None) -> Problem:
        return Problem(self.path, entry.line, message, hint)


def load(layout: Layout, model_type: str) -> CodeOverlay | None:
    """The code overlay of a model type, if it has one. Raises `ProblemsFound` with all that is wrong."""
    path = layout.code_overlay(model_type)
    if not path.is_file():
        return None
    shown = path.relative_to(layout.root).as_posix()
    try:
        return parse(path.read_bytes().decode(), shown)
    except UnicodeDecodeError as error:
        raise ProblemsFound([Problem(shown, None, "the file is not UTF-8", "save it as UTF-8")]) from error


def parse(source: str, path: str) -> CodeOverlay:
    """A code overlay from its text. Raises `ProblemsFound` with all that is wrong with it."""
    wrapper = MetadataWrapper(syntax.parsed(source, path), unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    reader = _Reader(path, lambda node: positions[node].start.line)
    entries = tuple(reader.module(wrapper.module))
    raise_if_any([*reader.problems, *_repeated(path, entries)])
    return CodeOverlay(path, wrapper.module, tuple(reader.imports), entries)


class _Reader:
    """Goes through the statements of one overlay and collects what is wrong."""

    def __init__(self, path: str, line_of: Callable[[cst.CSTNode], int]):
        self._path, self._line_of = path, line_of
        self.problems: list[Problem] = []
        self.imports: list[cst.SimpleStatementLine] = []

    def module(self, module: cst.Module) -> Iterator[Entry]:
        if not (module.body and scopes.is_docstring(module.body[0])):
            hint = "begin it with a docstring that gives the reason"
            self.problems.append(Problem(self._path, 1, "does not say why it is there", hint))
        for node in module.body[1:] if module.body and scopes.is_docstring(module.body[0]) else module.body:
            if scopes.is_import(node):
                self._import(node)
            elif isinstance(node, cst.ClassDef) and not self._markers(node):
                yield from self._class(node)
            else:
                yield from self._entry(None, node)

    def _import(self, node: cst.SimpleStatementLine) -> None:
        if not any(_imports_markers(part) for part in node.body):
            comments = [line for line in node.leading_lines if line.comment]
            self.imports.append(node.with_changes(leading_lines=comments))

    def _class(self, node: cst.ClassDef) -> Iterator[Entry]:
        if [scopes.code_of(base.value) for base in node.bases] != ["Generated"]:
            self._refuse(
                node,
                f"class {node.name.value} says not what it is",
                f"write class {node.name.value}(Generated) for a generated class, or @adds() above a new one",
            )
        for statement in node.body.body:
            yield from self._entry(node.name.value, statement)

    def _entry(self, owner: str | None, node: cst.BaseStatement) -> Iterator[Entry]:
        name = scopes.bound_name(node)
        if name is None:
            self._refuse(node, "is no part of a skillset that can be laid over", _NOT_AN_ENTRY)
        elif not isinstance(node, scopes.Definition):
            yield Entry(Kind.ADDS, owner, name, node, self._line_of(node))
        else:
            yield from self._definition(owner, name, node)

    def _definition(self, owner: str | None, name: str, node: scopes.Definition) -> Iterator[Entry]:
        markers = self._markers(node)
        if len(markers) != 1:
            how_many = "says not what it is" if not markers else "says twice what it is"
            self._refuse(node, f"{scopes.qualified(owner, name)} {how_many} to the generated file", _MARK_IT)
            return
        kind, given = Kind(markers[0].func.value), self._given(markers[0])
        if given is None:
            return
        if isinstance(node, cst.ClassDef) and kind is not Kind.ADDS:
            self._refuse(node, f"a whole class cannot be one that {kind}", "give its methods one by one")
            return
        plain = _without(node, markers[0])
        yield Entry(kind, owner, name, plain, self._line_of(markers[0]), *given)

    def _markers(self, node: scopes.Definition) -> list[cst.Call]:
        calls = (decorator.decorator for decorator in node.decorators)
        return [call for call in calls if isinstance(call, cst.Call) and _marks(call)]

    def _given(self, marker: cst.Call) -> tuple[str, str | None] | None:
        """The pin and the place that a decorator gives; None, with a problem, if it is not written so."""
        kind = Kind(marker.func.value)
        values = [argument.value for argument in marker.args]
        texts = [value.evaluated_value for value in values if isinstance(value, cst.SimpleString)]
        keywords = [argument.keyword and argument.keyword.value for argument in marker.args]
        if len(texts) == len(values):
            if kind is Kind.ADDS and keywords in ([], ["before"]):
                return "", next(iter(texts), None)
            if kind is not Kind.ADDS and keywords == [None]:
                return texts[0], None
        form = '@adds() or @adds(before="name")' if kind is Kind.ADDS else f'@{kind}("the pin")'
        self._refuse(marker, f"@{kind} is not written so", f"write {form}")
        return None

    def _refuse(self, node: cst.CSTNode, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self._path, self._line_of(node), message, hint))


def _marks(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Name) and call.func.value in set(Kind)


def _imports_markers(part: cst.BaseSmallStatement) -> bool:
    module = part.module if isinstance(part, cst.ImportFrom) else None
    return module is not None and scopes.code_of(module) == MARKERS


def _without(node: scopes.Definition, marker: cst.Call) -> scopes.Definition:
    """The definition without its decorator; comments around that stay."""
    rest = [decorator for decorator in node.decorators if decorator.decorator is not marker]
    own = next(decorator for decorator in node.decorators if decorator.decorator is marker)
    return node.with_changes(decorators=rest, leading_lines=[*node.leading_lines, *own.leading_lines])


def _repeated(path: str, entries: tuple[Entry, ...]) -> Iterator[Problem]:
    seen: dict[str, Entry] = {}
    for entry in entries:
        if entry.shown in seen:
            message = f"{entry.shown} is already on line {seen[entry.shown].line}"
            yield Problem(path, entry.line, message, "keep one of them")
        seen.setdefault(entry.shown, entry)
