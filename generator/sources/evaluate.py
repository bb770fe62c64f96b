"""Reads the data in a module's source (literals, mappings, constants) without running a line of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Conditions like `is_tokenizers_available()` are answered for the libraries that a full installation of this
# project has, never for the machine at hand, so that a spec does not depend on where it was derived.
AVAILABLE = frozenset({"sentencepiece", "tokenizers", "torch", "torchvision", "vision"})

_CONTAINERS: dict[str, Callable[..., Any]] = {
    "OrderedDict": dict,
    "dict": dict,
    "frozenset": frozenset,
    "list": list,
    "set": set,
    "tuple": tuple,
}
_LARGEST_SEQUENCE = 100_000


@dataclass(frozen=True)
class Opaque:
    """An expression that is not data: a class, a computed value; only its text is known."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call of something that is not a container: `SubConfigSpec(config_class=AutoConfig, …)`."""

    function: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any] = field(hash=False)


def known(value: object) -> bool:
    """Whether a value was really read, rather than left as an expression."""
    return not isinstance(value, Opaque | Call)


def evaluate(node: ast.expr, names: Mapping[str, Any] | None = None) -> Any:
    """The value of an expression as far as its text says; what it does not say is `Opaque` or a `Call`."""
    try:
        return _value(node, names or {})
    except (TypeError, ValueError, KeyError, ArithmeticError, RecursionError):
        return Opaque(ast.unparse(node))


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return names.get(name, Opaque(name))
        case ast.Tuple(elts=items):
            return tuple(_items(items, names))
        case ast.List(elts=items):
            return list(_items(items, names))
        case ast.Set(elts=items):
            return set(_items(items, names))
        case ast.Dict():
            return _dict(node, names)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _either(evaluate(test, names), body, orelse, names)
        case ast.UnaryOp(op=operator, operand=operand):
            return _unary(node, operator, _value(operand, names))
        case ast.BinOp(left=left, op=operator, right=right):
            return _binary(node, operator, _value(left, names), _value(right, names))
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as operator], comparators=[right]):
            return _membership(node, operator, _value(left, names), _value(right, names))
        case ast.Call():
            return _call(node, names)
    return Opaque(ast.unparse(node))


def _items(nodes: Iterable[ast.expr], names: Mapping[str, Any]) -> Iterator[Any]:
    for node in nodes:
        if isinstance(node, ast.Starred):
            yield from _value(node.value, names)
        else:
            yield _value(node, names)


def _dict(node: ast.Dict, names: Mapping[str, Any]) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            result.update(_value(value, names))
        else:
            result[_value(key, names)] = _value(value, names)
    return result


def _either(test: Any, body: ast.expr, orelse: ast.expr, names: Mapping[str, Any]) -> Any:
    """Where the test cannot be answered, the branch that is data: `token if … else "<image>"`."""
    if known(test):
        return _value(body if test else orelse, names)
    first = _value(body, names)
    return first if known(first) else _value(orelse, names)


def _unary(node: ast.expr, operator: ast.unaryop, value: Any) -> Any:
    if known(value) and isinstance(operator, ast.USub):
        return -value
    if known(value) and isinstance(operator, ast.Not):
        return not value
    return Opaque(ast.unparse(node))


def _binary(node: ast.expr, operator: ast.operator, left: Any, right: Any) -> Any:
    if not (known(left) and known(right)):
        return Opaque(ast.unparse(node))
    if isinstance(operator, ast.Add):
        return left + right
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.Div):
        return left / right
    if isinstance(operator, ast.Mult) and _is_small(left, right):
        return left * right
    return Opaque(ast.unparse(node))


def _is_small(left: Any, right: Any) -> bool:
    """Numbers, or a sequence that is not repeated into something huge."""
    sequence, times = (left, right) if hasattr(left, "__len__") else (right, left)
    return not hasattr(sequence, "__len__") or len(sequence) * times < _LARGEST_SEQUENCE


def _membership(node: ast.expr, operator: ast.cmpop, left: Any, right: Any) -> Any:
    if not (known(left) and known(right)):
        return Opaque(ast.unparse(node))
    return (left in right) == isinstance(operator, ast.In)


def _call(node: ast.Call, names: Mapping[str, Any]) -> Any:
    function = node.func.value if isinstance(node.func, ast.Subscript) else node.func
    name = ast.unparse(function)
    if name.startswith("is_") and name.endswith("_available"):
        return name.removeprefix("is_").removesuffix("_available") in AVAILABLE
    if isinstance(function, ast.Attribute) and function.attr == "items":
        owner = _value(function.value, names)
        return list(owner.items()) if isinstance(owner, dict) else Opaque(ast.unparse(node))
    arguments = tuple(_items(node.args, names))
    keywords = _dict(
        ast.Dict([k.arg and ast.Constant(k.arg) for k in node.keywords], [k.value for k in node.keywords]),
        names,
    )
    if name in _CONTAINERS:
        return _CONTAINERS[name](*arguments, **keywords)
    return Call(name, arguments, keywords)


def module_data(tree: ast.Module, imported: Callable[[ast.ImportFrom], Mapping[str, Any]]) -> dict[str, Any]:
    """What a module's top-level names hold after its assignments, `.update(…)` calls and simple loops.

    `imported` gives the names that a `from … import …` brings in.
    """
    names: dict[str, Any] = {"TYPE_CHECKING": False}
    _execute(tree.body, names, imported)
    return names


def _execute(
    body: Iterable[ast.stmt],
    names: dict[str, Any],
    imported: Callable[[ast.ImportFrom], Mapping[str, Any]],
) -> None:
    for statement in body:
        match statement:
            case ast.ImportFrom():
                names.update(imported(statement))
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                _assign(target, evaluate(value, names), names)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update"), args=[value])
            ):
                _update(names.get(name), evaluate(value, names))
            case ast.If(test=test, body=then, orelse=orelse):
                answer = evaluate(test, names)
                if known(answer):
                    _execute(then if answer else orelse, names, imported)
            case ast.For(target=target, iter=iterable, body=inner):
                _loop(target, evaluate(iterable, names), inner, names, imported)


def _assign(target: ast.expr, value: Any, names: dict[str, Any]) -> None:
    match target:
        case ast.Name(id=name):
            names[name] = value
        case ast.Tuple(elts=targets) if isinstance(value, tuple | list) and len(targets) == len(value):
            for inner, item in zip(targets, value, strict=True):
                _assign(inner, item, names)
        case ast.Subscript(value=ast.Name(id=name), slice=key) if isinstance(names.get(name), dict):
            _update(names[name], {evaluate(key, names): value})


def _update(mapping: Any, values: Any) -> None:
    if isinstance(mapping, dict) and isinstance(values, dict):
        mapping.update(values)


def _loop(
    target: ast.expr,
    values: Any,
    body: list[ast.stmt],
    names: dict[str, Any],
    imported: Callable[[ast.ImportFrom], Mapping[str, Any]],
) -> None:
    if not isinstance(values, list | tuple | set | frozenset | dict):
        return
    # A set has no order of its own; sorted, it gives the same mapping on every run.
    for value in sorted(values, key=repr) if isinstance(values, set | frozenset) else list(values):
        _assign(target, value, names)
        _execute(body, names, imported)
