"""Mistakes in what is asked before something is done, and in what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst.helpers import parse_template_expression

from generator.vacuity.operators.operator import Subject

_TURNED: dict[type[cst.BaseCompOp], cst.BaseCompOp] = {
    cst.Equal: cst.NotEqual(),
    cst.NotEqual: cst.Equal(),
    cst.LessThan: cst.LessThanEqual(),
    cst.LessThanEqual: cst.LessThan(),
    cst.GreaterThan: cst.GreaterThanEqual(),
    cst.GreaterThanEqual: cst.GreaterThan(),
    cst.In: cst.NotIn(),
    cst.NotIn: cst.In(),
    cst.Is: cst.IsNot(),
    cst.IsNot: cst.Is(),
}


def negated(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if isinstance(node, (cst.If, cst.IfExp, cst.CompIf)):
        yield node.with_changes(test=parse_template_expression("not ({test})", test=node.test))
    elif isinstance(node, cst.BooleanOperation):
        other = cst.Or() if isinstance(node.operator, cst.And) else cst.And()
        yield node.with_changes(operator=other)


def compared(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    for target in node.comparisons if isinstance(node, cst.Comparison) else ():
        if type(target.operator) in _TURNED:
            yield node.deep_replace(target.operator, _TURNED[type(target.operator)])


def swallowed(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    """A `raise`, and a statement that is a call for what it refuses, do nothing."""
    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        [statement] = node.body
        checks = isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call)
        if checks or isinstance(statement, cst.Raise):
            yield node.with_changes(body=[cst.Pass()])
