"""What the classes of the analysed package say: ancestors, attributes, methods, signatures, output fields."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from generator.sources.evaluate import Opaque, evaluate
from generator.sources.modules import ClassSource, Package

UNTYPED = "Any"


@dataclass(frozen=True)
class Field:
    """An annotated class attribute: its type as written, and its default."""

    name: str
    annotation: str
    default: Any
    origin: str


@dataclass(frozen=True)
class Method:
    """A method: parameters (without `self`, `*args` and `**kwargs`) and their annotations as written."""

    name: str
    parameters: dict[str, str]
    returns: ast.expr | None
    owner: ClassSource

    @property
    def origin(self) -> str:
        return f"{self.owner.origin}.{self.name}"


@dataclass(frozen=True)
class Attribute:
    """A class attribute's value, and the class that sets it."""

    value: Any
    owner: ClassSource


class Classes:
    """Questions about classes, answered through the whole hierarchy."""

    def __init__(self, package: Package):
        self.package = package
        self._ancestors: dict[ClassSource, tuple[ClassSource, ...]] = {}

    def ancestors(self, cls: ClassSource) -> tuple[ClassSource, ...]:
        """The class and its bases, nearest first; bases outside the package are not among them."""
        if cls not in self._ancestors:
            self._ancestors[cls] = (cls,)  # a class that inherits from itself ends here
            found = [base for name in base_names(cls) for base in self._bases(cls, name)]
            unique = [base for i, base in enumerate(found) if base not in found[i + 1 :]]
            self._ancestors[cls] = (cls, *(base for base in unique if base != cls))
        return self._ancestors[cls]

    def _bases(self, cls: ClassSource, name: str) -> tuple[ClassSource, ...]:
        base = self.package.find_class(cls.path, name)
        return self.ancestors(base) if base is not None else ()

    def inherits(self, cls: ClassSource, name: str) -> bool:
        """Whether a class of that name is among its bases, inside the package or not."""
        return any(name in base_names(ancestor) for ancestor in self.ancestors(cls))

    def attribute(self, cls: ClassSource, name: str) -> Attribute | None:
        """The value of a class attribute, from the nearest class that sets it."""
        for owner in self.ancestors(cls):
            for node in owner.node.body:
                if name in _targets(node) and node.value is not None:
                    return Attribute(evaluate(node.value), owner)
        return None

    def fields(self, cls: ClassSource) -> tuple[Field, ...]:
        """Annotated attributes in declaration order, those of the bases first, as a dataclass has them."""
        found: dict[str, Field] = {}
        for owner in reversed(self.ancestors(cls)):
            for node in owner.node.body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    name, note = node.target.id, ast.unparse(node.annotation)
                    default = evaluate(node.value) if node.value else Opaque("")
                    found[name] = Field(name, note, default, f"{owner.origin}.{name}")
        return tuple(item for item in found.values() if not item.annotation.startswith("ClassVar"))

    def has_method(self, cls: ClassSource, name: str) -> bool:
        return self.method(cls, name) is not None

    def method(self, cls: ClassSource, name: str) -> Method | None:
        """A method from the nearest class that defines it."""
        for owner in self.ancestors(cls):
            for node in owner.node.body:
                if isinstance(node, ast.FunctionDef) and node.name == name:
                    return Method(name, _parameters(node.args), node.returns, owner)
        return None

    def output_class(self, method: Method) -> ClassSource | None:
        """The `ModelOutput` among the classes that a return annotation names."""
        for name in _names(method.returns):
            found = self.package.find_class(method.owner.path, name)
            if found is not None and self.inherits(found, "ModelOutput"):
                return found
        return None


def base_names(cls: ClassSource) -> tuple[str, ...]:
    """The last part of each base as written: `nn.Module` → `Module`."""
    return tuple(ast.unparse(base).split("[")[0].split(".")[-1] for base in cls.node.bases)


def constructor(cls: ClassSource) -> ast.FunctionDef | None:
    """The `__init__` written in the class itself."""
    found = (n for n in cls.node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__")
    return next(found, None)


def parameter_defaults(function: ast.FunctionDef) -> dict[str, Any]:
    """The defaults of a function's parameters."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    pairs += [
        (a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None
    ]
    return {argument.arg: evaluate(default) for argument, default in pairs}


def _targets(node: ast.stmt) -> tuple[str, ...]:
    if isinstance(node, ast.Assign):
        return tuple(target.id for target in node.targets if isinstance(target, ast.Name))
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return (node.target.id,)
    return ()


def _parameters(arguments: ast.arguments) -> dict[str, str]:
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {a.arg: ast.unparse(a.annotation) if a.annotation else UNTYPED for a in named if a.arg != "self"}


def _names(annotation: ast.expr | None) -> tuple[str, ...]:
    """Every name in an annotation, in order; one written as a string is read as well."""
    if annotation is None:
        return ()
    found: list[str] = []
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            found.append(node.id)
        elif isinstance(node, ast.Attribute):
            found.append(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.append(node.value)
    return tuple(found)
