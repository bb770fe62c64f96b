"""What an operator is, and what several of them need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst


@dataclass(frozen=True)
class Subject:
    """What operators know of the skillset beside the node in hand."""

    classes: tuple[str, ...]
    """Model classes of this type, of which one may be taken for another."""


@dataclass(frozen=True)
class Operator:
    """One kind of mistake."""

    name: str
    doc: str
    mutate: Callable[[cst.CSTNode, Subject], Iterator[cst.CSTNode]]
    """A node → what could stand in its place."""
    options: tuple[str, ...] = ()
    """Of the pytest plugin, where the mistake shows only on another target."""


def within(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all that it holds, in the order of the source, but for annotations, which do nothing."""
    yield node
    for child in node.children:
        if not isinstance(child, cst.Annotation):
            yield from within(child)


def assigned(node: cst.CSTNode) -> tuple[str, cst.BaseExpression] | None:
    """The name and the value of a statement `name = value`, alone on its line."""
    if not (isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1):
        return None
    [assign] = node.body
    if not (isinstance(assign, cst.Assign) and isinstance(assign.targets[0].target, cst.Name)):
        return None
    return assign.targets[0].target.value, assign.value


def attributes(owner: cst.ClassDef) -> dict[str, cst.SimpleStatementLine]:
    """The attributes that a class sets in its body, by name."""
    return {found[0]: line for line in owner.body.body if (found := assigned(line))}


def method(owner: cst.ClassDef, name: str) -> cst.FunctionDef | None:
    """A method that a class defines itself."""
    found = (part for part in owner.body.body if isinstance(part, cst.FunctionDef))
    return next((part for part in found if part.name.value == name), None)


def is_number(node: cst.CSTNode, value: str) -> bool:
    """Whether a node is this whole number."""
    return isinstance(node, cst.Integer) and node.value == value
