"""Mistakes in calls: something is not given, or what is called is not called."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst.helpers import parse_template_expression

from generator.vacuity.operators.operator import Subject

_GUARDS = frozenset({"sampling_rate", "strict"})
"""Keywords that change no answer: they only raise where the code around them is wrong already.

A feature extractor compares its `sampling_rate` with the one it is told, and resamples nothing.
"""
_MOVES = frozenset({"to", "cpu"})


def keyword_dropped(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    for argument in node.args if isinstance(node, cst.Call) else ():
        if argument.keyword is not None and argument.keyword.value not in {*_GUARDS, "device"}:
            yield _without(node, argument)


def not_passed(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    """`**inputs` without its first or its last entry: the tokens or the picture, and often the mask."""
    if not (isinstance(node, cst.Arg) and node.star == "**" and isinstance(node.value, cst.Name)):
        return
    for part in ("1:", ":-1"):
        template = f"dict([*{{value}}.items()][{part}])"
        yield node.with_changes(value=parse_template_expression(template, value=node.value))


def repeated(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if not isinstance(node, cst.Call):
        return
    first, *others = [argument for argument in node.args if not argument.star] or [None]
    for argument in others:
        if argument.keyword is None and not argument.value.deep_equals(first.value):
            yield node.deep_replace(argument, argument.with_changes(value=first.value))


def left_out(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    """`x.f(…)` → `x`, and `self.f(x, …)` or `self.y.f(x, …)` → `x`; that `super()` is called is no step."""
    for call in () if isinstance(node, cst.Expr) else node.children:
        if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and not _moves(call):
            yield from (node.deep_replace(call, given) for given in _given(call))


def _given(call: cst.Call) -> Iterator[cst.BaseExpression]:
    """What a call of a method does something to."""
    owner = call.func.value
    if _root(owner) == "self":
        if call.args and not call.args[0].star and call.args[0].keyword is None:
            yield call.args[0].value
    elif not (isinstance(owner, cst.Call) and isinstance(owner.func, cst.Name)):
        yield owner


def device_ignored(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if not isinstance(node, cst.Call):
        return
    if isinstance(node.func, cst.Attribute) and _moves(node):
        yield node.func.value
    for argument in node.args:
        if argument.keyword is not None and argument.keyword.value == "device":
            yield _without(node, argument)


def _root(node: cst.BaseExpression) -> str | None:
    """The name that a chain of attributes begins with."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def _moves(node: cst.Call) -> bool:
    return isinstance(node.func, cst.Attribute) and node.func.attr.value in _MOVES


def _without(node: cst.Call, argument: cst.Arg) -> cst.Call:
    kept = [other for other in node.args if other is not argument]
    if kept:
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return node.with_changes(args=kept)
