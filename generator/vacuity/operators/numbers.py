"""Mistakes in what is computed: the reduction, its axis, a number, an operation, a choice."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from generator.vacuity.operators.operator import Subject

_OTHERS = {
    "all": "any",
    "any": "all",
    "argmax": "argmin",
    "max": "min",
    "mean": "sum",
    "min": "max",
    "sigmoid": "softmax",
    "softmax": "sigmoid",
    "sum": "mean",
    "topk": "sort",
    "triu": "tril",
}
"""Functions that are taken for each other; arguments that do not fit are left out."""
_UNARY = frozenset({"sigmoid"})
_ALONG_AXIS = frozenset(
    {"all", "any", "argmax", "argmin", "argsort", "max", "mean", "min", "normalize", "softmax", "sum", "topk"}
)
_OPERATIONS: dict[type[cst.BaseBinaryOp], cst.BaseBinaryOp] = {
    cst.Add: cst.Subtract(),
    cst.Subtract: cst.Add(),
    cst.Multiply: cst.Divide(),
    cst.Divide: cst.Multiply(),
    cst.FloorDivide: cst.Multiply(),
    cst.BitAnd: cst.BitOr(),
    cst.BitOr: cst.BitAnd(),
}


def pooled(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if not isinstance(node, cst.Call):
        return
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    other = _OTHERS.get(name.value) if isinstance(name, cst.Name) else None
    if other is None or (isinstance(node.func, cst.Name) and name.value not in {"all", "any", "max", "min"}):
        return
    new = cst.Name(other)
    function = node.func.with_changes(attr=new) if isinstance(node.func, cst.Attribute) else new
    arguments = () if other in _UNARY else node.args
    if name.value in _UNARY:
        arguments = (cst.Arg(cst.UnaryOperation(cst.Minus(), cst.Integer("1"))),)
    yield node.with_changes(func=function, args=arguments)


def axis(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)):
        return
    if node.func.attr.value not in _ALONG_AXIS:
        return
    for argument in node.args:
        if argument.keyword is None or argument.keyword.value in ("dim", "axis"):
            is_last = isinstance(argument.value, cst.UnaryOperation)
            if is_last or isinstance(argument.value, cst.Integer):
                other = cst.Integer("0") if is_last else cst.UnaryOperation(cst.Minus(), cst.Integer("1"))
                yield node.deep_replace(argument.value, other)


def off_by_one(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.Integer):
        yield cst.Integer(str(int(node.value, 0) + 1))


def arithmetic(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.BinaryOperation):
        if type(node.operator) in _OPERATIONS:
            yield node.with_changes(operator=_OPERATIONS[type(node.operator)])
            yield node.left
    elif isinstance(node, cst.UnaryOperation) and not isinstance(node.expression, cst.Integer):
        yield node.expression


def unmasked(node: cst.CSTNode, _: Subject) -> Iterator[cst.CSTNode]:
    """`values[kept]` → `values`, where `kept` is a name and not a number or a range."""
    if isinstance(node, cst.Subscript) and len(node.slice) == 1:
        [element] = node.slice
        if isinstance(element.slice, cst.Index) and not _is_place(element.slice.value):
            yield node.value


def _is_place(node: cst.CSTNode) -> bool:
    """Whether an index is a key or a number."""
    return isinstance(node, (cst.SimpleString, cst.Integer, cst.UnaryOperation))
