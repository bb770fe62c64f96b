"""Lays a code overlay over a skillset: each definition of it goes where it says, as its author wrote it.

Whether an overlay still fits is for `generator.code_overlay.check` to say; what it says is done here.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from generator.code_overlay import scopes
from generator.code_overlay.parse import CodeOverlay, Entry, Kind
from generator.transforms.facts import TransformFacts

Statements = list[cst.BaseStatement]


def transform(module: cst.Module, facts: TransformFacts) -> cst.Module:
    """The module with the file's code overlay, if it has one."""
    overlay = facts.overlay
    if overlay is None:
        return module
    body = [_class_with(node, overlay) if isinstance(node, cst.ClassDef) else node for node in module.body]
    body = _with_entries(body, [entry for entry in overlay.entries if entry.owner is None])
    return module.with_changes(body=_with_imports(body, overlay.imports))


def _class_with(node: cst.ClassDef, overlay: CodeOverlay) -> cst.ClassDef:
    entries = [entry for entry in overlay.entries if entry.owner == node.name.value]
    if not entries:
        return node
    return node.with_changes(body=node.body.with_changes(body=_with_entries(list(node.body.body), entries)))


def _with_entries(body: Statements, entries: Sequence[Entry]) -> Statements:
    for entry in entries:
        place = _index(body, entry.name)
        if place is not None:
            body[place : place + 1] = _instead(body, body[place], entry)
        elif entry.kind is Kind.ADDS:
            body.insert(_place_for(body, entry), entry.node)
    return body


def _instead(body: Statements, original: cst.BaseStatement, entry: Entry) -> Statements:
    """What stands where a generated definition stood. It can be done twice: one is wrapped once."""
    kept = scopes.kept_as(entry.name)
    if entry.kind is not Kind.WRAPS or _index(body, kept) is not None:
        return [entry.node]
    apart = [cst.EmptyLine(indent=False), *original.leading_lines]
    return [entry.node, original.with_changes(name=cst.Name(kept), leading_lines=apart)]


def _place_for(body: Statements, entry: Entry) -> int:
    """Before the name it gives; else an assignment is the last before the definitions, all else the last."""
    if entry.before is not None:
        place = _index(body, entry.before)
        return len(body) if place is None else place
    if isinstance(entry.node, scopes.Definition):
        return len(body)
    return next((at for at, node in enumerate(body) if isinstance(node, scopes.Definition)), len(body))


def _index(body: Statements, name: str) -> int | None:
    return next((at for at, node in enumerate(body) if scopes.bound_name(node) == name), None)


def _with_imports(body: Statements, imports: Sequence[cst.SimpleStatementLine]) -> Statements:
    """After the last import; the formatter orders them."""
    there = {scopes.code_of(node).strip() for node in body if scopes.is_import(node)}
    new = [node for node in imports if scopes.code_of(node).strip() not in there]
    last = max((at for at, node in enumerate(body) if scopes.is_import(node)), default=0)
    return [*body[: last + 1], *new, *body[last + 1 :]]
