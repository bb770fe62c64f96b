"""Mistakes in what a handler returns, and in which items it looks at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst.helpers import parse_template_expression, parse_template_statement

from generator.vacuity.operators.operator import (
    Subject,
    assigned,
    attributes,
    is_number,
    method,
    within,
)

_PAIRS = {"start_logits": "end_logits", "values": "indices"}
"""Attributes of outputs that are easily taken for each other."""


def constant(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    yield from _with_results(node, "self.__dict__.setdefault({key}, {value})")


def first_for_all(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if _takes_batches(node):
        yield from _with_results(node, "(lambda rows: [rows[0]] * len(rows))({value})")


def turned_round(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if _takes_batches(node):
        yield from _with_results(node, "list({value})[::-1]")


def left_out(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    yield from _with_results(node, "list({value})[:-1]")


def truncated(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if not _takes_batches(node):
        return
    answer = method(node, "answer")
    if answer is None or len(answer.params.params) < 2:
        return
    cut = parse_template_statement("{items} = {items}[:1]", items=answer.params.params[1].name)
    body = answer.body.with_changes(body=[cut, *answer.body.body])
    yield node.deep_replace(answer, answer.with_changes(body=body))


def swapped(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if isinstance(node, (cst.Dict, cst.Tuple)):
        if _are_several(node.elements):
            yield _exchanged(node)
    elif isinstance(node, cst.Attribute):
        other = {**_PAIRS, **{value: key for key, value in _PAIRS.items()}}.get(node.attr.value)
        if other:
            yield node.with_changes(attr=cst.Name(other))


def _exchanged(node: cst.Dict | cst.Tuple) -> cst.CSTNode:
    first, second, *rest = node.elements
    exchanged = (first.with_changes(value=second.value), second.with_changes(value=first.value))
    return node.with_changes(elements=[*exchanged, *rest])


def _are_several(elements: Sequence[cst.CSTNode]) -> bool:
    return len(elements) > 1 and all(
        isinstance(each, (cst.DictElement, cst.Element)) for each in elements[:2]
    )


def _takes_batches(node: cst.CSTNode) -> bool:
    """Whether a node is a handler that looks at more than one item at once."""
    if not isinstance(node, cst.ClassDef):
        return False
    size = attributes(node).get("batch_size")
    return size is None or not is_number(assigned(size)[1], "1")


def _with_results(node: cst.CSTNode, template: str) -> Iterator[cst.CSTNode]:
    """A handler with every result of its `answer` put into a template."""
    answer = method(node, "answer") if isinstance(node, cst.ClassDef) else None
    for given in within(answer) if answer is not None else ():
        if isinstance(given, cst.Return) and isinstance(given.value, cst.Dict):
            results = [_in_template(element, template) for element in given.value.elements]
            yield node.deep_replace(given.value, given.value.with_changes(elements=results))


def _in_template(element: cst.BaseDictElement, template: str) -> cst.BaseDictElement:
    if not isinstance(element, cst.DictElement):
        return element
    parts = {"key": element.key} if "{key}" in template else {}
    return element.with_changes(value=parse_template_expression(template, value=element.value, **parts))
