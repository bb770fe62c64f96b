"""Writes into a code overlay: puts entries in, takes them out, and imports what they need; all else stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from generator.code_overlay import scopes
from generator.code_overlay.parse import MARKERS, Entry, Kind

Statements = Sequence[cst.BaseStatement]
_GENERATED = "Generated"


@dataclass(frozen=True)
class Edits:
    """What changes in an overlay."""

    put: tuple[Entry, ...] = ()
    drop: tuple[tuple[str | None, str], ...] = ()
    """The entries to take out, as a scope and a name."""
    imports: tuple[str, ...] = ()


def apply(source: str, edits: Edits, reason: str | None) -> str:
    """The overlay's text after some edits; a new one, for an empty text, begins with the reason."""
    module = cst.parse_module(source)
    body = list(module.body) or [_docstring(reason or "")]
    if reason and module.body:
        body[0] = _with_reason(body[0], reason)
    for owner, name in edits.drop:
        body = _in_scope(body, owner, lambda inside, name=name: _without(inside, name))
    for entry in edits.put:
        body = _in_scope(body, entry.owner, lambda inside, entry=entry: _with_entry(inside, entry))
    body[1:1] = [cst.parse_statement(line) for line in edits.imports]
    return module.with_changes(body=_with_markers(body)).code


def _docstring(reason: str) -> cst.BaseStatement:
    return cst.parse_statement(f'"""{_escaped(reason)}"""\n')


def _with_reason(docstring: cst.BaseStatement, reason: str) -> cst.BaseStatement:
    """The docstring with a reason more, as a paragraph of its own."""
    said = docstring.body[0].value.evaluated_value.rstrip()
    text = cst.SimpleString(f'"""{_escaped(said)}\n\n{_escaped(reason)}\n"""')
    return docstring.with_changes(body=[cst.Expr(text)])


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'{escaped[:-1]}\\"' if escaped.endswith('"') else escaped


def _in_scope(
    body: list[cst.BaseStatement], owner: str | None, change: Callable[[Statements], Statements]
) -> list[cst.BaseStatement]:
    """The module with the change done in it, or in one of its classes, which may come or go by that."""
    if owner is None:
        return list(change(body))
    place = next((at for at, node in enumerate(body) if scopes.bound_name(node) == owner), None)
    if place is None:
        body = [*body, cst.parse_statement(f"class {owner}({_GENERATED}):\n    pass\n")]
        place = len(body) - 1
    node = body[place]
    inside = change([part for part in node.body.body if not _is_pass(part)])
    kept = [node.with_changes(body=node.body.with_changes(body=inside))] if inside else []
    return [*body[:place], *kept, *body[place + 1 :]]


def _is_pass(node: cst.BaseStatement) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], cst.Pass)


def _without(body: Statements, name: str) -> Statements:
    return [node for node in body if scopes.bound_name(node) != name]


def _with_entry(body: Statements, entry: Entry) -> Statements:
    new = _marked(entry)
    there = [scopes.bound_name(node) == entry.name for node in body]
    return [new if same else node for node, same in zip(body, there, strict=True)] + [new] * (not any(there))


def _marked(entry: Entry) -> cst.BaseStatement:
    """The entry's definition under its decorator."""
    if not isinstance(entry.node, scopes.Definition):
        return entry.node
    given = f'"{entry.pin}"' if entry.kind is not Kind.ADDS else ""
    if entry.before is not None:
        given = f'before="{entry.before}"'
    marker = cst.Decorator(cst.parse_expression(f"{entry.kind}({given})"))
    return entry.node.with_changes(decorators=[marker, *entry.node.decorators])


def _with_markers(body: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """The module with an import of just those names of the notation that it uses."""
    others = [node for node in body if not _imports_markers(node)]
    names = sorted(_names_used(others), key=lambda name: (not name[0].isupper(), name))
    line = cst.parse_statement(f"from {MARKERS} import {', '.join(names)}\n") if names else None
    return [others[0], *([line] if line else []), *others[1:]]


def _imports_markers(node: cst.BaseStatement) -> bool:
    return scopes.is_import(node) and scopes.code_of(node).strip().startswith(f"from {MARKERS} import")


def _names_used(body: Iterable[cst.BaseStatement]) -> set[str]:
    classes = [node for node in body if isinstance(node, cst.ClassDef)]
    bases = {scopes.code_of(base.value) for node in classes for base in node.bases}
    definitions = [*body, *(inner for node in classes for inner in node.body.body)]
    decorators = {
        decorator.decorator.func.value
        for node in definitions
        if isinstance(node, scopes.Definition)
        for decorator in node.decorators
        if isinstance(decorator.decorator, cst.Call) and isinstance(decorator.decorator.func, cst.Name)
    }
    return (bases | decorators) & {_GENERATED, *Kind}
