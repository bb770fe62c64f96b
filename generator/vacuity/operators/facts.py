"""Mistakes in what a module and its classes say of themselves."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from generator.vacuity.operators.operator import Subject, assigned, attributes

_NEEDED = frozenset({"task", "model_class", "read", "processor_class", "handlers", "unsupported"})
"""Without these a handler cannot even be loaded, or another operator changes them."""


def wrong_class(node: cst.CSTNode, subject: Subject) -> Iterator[cst.CSTNode]:
    found = assigned(node)
    if found and found[0] == "model_class":
        others = [name for name in subject.classes if repr(name) != found[1].value.replace('"', "'")]
        for name in others[:1]:
            yield node.deep_replace(found[1], cst.SimpleString(f'"{name}"'))


def wrong_constant(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    found = assigned(node)
    if found and found[0].isupper() and isinstance(found[1], cst.SimpleString):
        yield node.deep_replace(found[1], cst.SimpleString('"another"'))


def dropped(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    """Where a class has nothing else in its body, nothing is dropped: there would be no class."""
    for name, line in attributes(node).items() if isinstance(node, cst.ClassDef) else ():
        if name not in _NEEDED:
            kept = [part for part in node.body.body if part is not line]
            yield node.with_changes(body=node.body.with_changes(body=kept))


def disordered(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    found = assigned(node)
    if not (found and found[0] == "handlers" and isinstance(found[1], cst.Tuple)):
        return
    elements = found[1].elements
    for changed_order in (elements[1:], elements[::-1]) if len(elements) > 1 else ():
        last = changed_order[-1].with_changes(comma=cst.Comma())
        yield node.deep_replace(found[1], found[1].with_changes(elements=[*changed_order[:-1], last]))
