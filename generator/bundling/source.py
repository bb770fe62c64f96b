"""A module as a bundle sees it: its statements, what each binds, and what of other modules it uses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import libcst as cst
from libcst.metadata import (
    Access,
    GlobalScope,
    MetadataWrapper,
    ParentNodeProvider,
    Scope,
    ScopeProvider,
)

from generator.code_overlay import scopes

PACKAGE = "skillset_runtime"


@dataclass(frozen=True, order=True)
class Symbol:
    """A name that a module binds: a definition, or (`imported`) what it imports from a library."""

    module: str
    name: str
    imported: str = ""
    """The import's line without what follows `as`; the same import in two modules is one symbol."""

    def is_package_of(self, other: Symbol) -> bool:
        """Whether both are imports that bind one package, as `import a.b` and `import a.c` do."""
        lines = [*self.imported.split("\n"), *other.imported.split("\n")]
        packages = {line.removeprefix("import ").partition(".")[0] for line in lines}
        return packages == {self.name} and all(line.startswith("import ") for line in lines)


@dataclass(frozen=True)
class Reference:
    """A name in a module that is bound by a runtime module, or is one."""

    module: str
    name: str | None
    """None for the module itself."""


@dataclass(frozen=True)
class Use:
    """A place in a statement where something of a module is used."""

    node: cst.Name | cst.Attribute
    """What stands for it: a name, or a module of the runtime and an attribute of it."""
    target: Symbol | Reference
    scope: Scope


@dataclass(frozen=True, eq=False)
class Statement:
    """A top-level statement, with the texts below it that say what it is."""

    nodes: tuple[cst.BaseStatement, ...]
    names: tuple[cst.Name, ...]
    """The names that it binds, where they are bound."""


class Source:
    """One module, parsed."""

    def __init__(self, name: str, text: str, modules: Collection[str]):
        """`modules` are those of the runtime, by their dotted names."""
        self.name, self._modules = name, modules
        tree = cst.parse_module(text)
        wrapper = MetadataWrapper(tree.visit(_LeaveOut()) if name in modules else tree)
        self.module = wrapper.module
        self._scopes = wrapper.resolve(ScopeProvider)
        self._parents = wrapper.resolve(ParentNodeProvider)

    @property
    def docstring(self) -> str:
        return self.module.get_docstring(clean=True) or ""

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """What the module defines: no imports, no docstring, nothing that runs as a program only."""
        found: list[Statement] = []
        for node in self.module.body[1:] if self.docstring else self.module.body:
            if scopes.is_docstring(node) and found:
                found[-1] = Statement((*found[-1].nodes, node), found[-1].names)
            elif not scopes.is_import(node) and not isinstance(node, cst.If):
                found.append(Statement((node,), tuple(_bound_by(node))))
        return tuple(found)

    @cached_property
    def bindings(self) -> Mapping[str, Symbol | Reference]:
        """What each global name of the module stands for."""
        found: dict[str, Symbol | Reference] = {}
        for name, target in self._imports():
            found[name] = _together(found.get(name), target)
        own = {name.value: Symbol(self.name, name.value) for one in self.statements for name in one.names}
        return {**found, **own}

    def uses(self, statement: Statement) -> Iterator[Use]:
        """What a statement uses of this module's globals, in the order of the text."""
        for top in statement.nodes:
            for node in _names(top):
                access = self._accesses.get(node)
                if access is not None and (target := self.bindings.get(node.value)) is not None:
                    yield self._use(node, target, access.scope)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        return self._parents[node]

    def _use(self, node: cst.Name, target: Symbol | Reference, scope: Scope) -> Use:
        parent = self._parents[node]
        if not isinstance(target, Reference) or target.name is not None:
            return Use(node, target, scope)
        if not isinstance(parent, cst.Attribute) or parent.value is not node:
            raise ValueError(f"{self.name} uses the module {target.module} as a value, which no bundle has")
        return Use(parent, Reference(target.module, parent.attr.value), scope)

    @cached_property
    def _accesses(self) -> dict[cst.Name, Access]:
        """The names that are read from the module's global scope."""
        found: dict[cst.Name, Access] = {}
        for scope in {scope for scope in self._scopes.values() if scope is not None}:
            for access in scope.accesses:
                if any(isinstance(referent.scope, GlobalScope) for referent in access.referents):
                    found[_first_name(access.node)] = access
        return found

    def _imports(self) -> Iterator[tuple[str, Symbol | Reference]]:
        for node in self.module.body:
            for part in node.body if scopes.is_import(node) else ():
                where = scopes.code_of(part.module) if isinstance(part, cst.ImportFrom) else ""
                for alias in part.names if where != "__future__" else ():
                    yield self._imported(where, alias)

    def _imported(self, where: str, alias: cst.ImportAlias) -> tuple[str, Symbol | Reference]:
        name = alias.evaluated_name
        bound = alias.evaluated_alias or name.partition(".")[0]
        if f"{where}.{name}" in self._modules:
            return bound, Reference(f"{where}.{name}", None)
        if where == PACKAGE or where.startswith(f"{PACKAGE}."):
            return bound, Reference(where, name)
        line = f"from {where} import {name}" if where else f"import {name}"
        return bound, Symbol("", bound, line)


def _together(first: Symbol | Reference | None, second: Symbol | Reference) -> Symbol | Reference:
    """Two imports of one name: `import a.b` and `import a.c` both bind `a`, and both are needed."""
    if isinstance(first, Symbol) and isinstance(second, Symbol) and first.is_package_of(second):
        return replace(second, imported=f"{first.imported}\n{second.imported}")
    return second


class _LeaveOut(cst.CSTTransformer):
    """Leaves out what a module of the runtime imports when it is needed, and what needs it.

    That is what runs models elsewhere than in torch, for hosts that have the libraries for it.
    """

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        for place, node in enumerate(updated_node.body):
            if scopes.is_import(node) and scopes.code_of(node).strip().startswith(f"from {PACKAGE}"):
                return updated_node.with_changes(body=[*updated_node.body[:place], _REFUSAL])
        return updated_node


_REFUSAL = cst.parse_statement(
    f'raise SkillsetError("this file runs models in torch alone; other engines need {PACKAGE}")\n'
)


def _bound_by(statement: cst.BaseStatement) -> Iterator[cst.Name]:
    if isinstance(statement, scopes.Definition):
        yield statement.name
    for part in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
        targets = [target.target for target in part.targets] if isinstance(part, cst.Assign) else []
        if isinstance(part, cst.AnnAssign):
            targets = [part.target]
        yield from (name for target in targets for name in _names(target))


def _names(node: cst.CSTNode) -> Iterator[cst.Name]:
    if isinstance(node, cst.Name):
        yield node
    for child in node.children:
        yield from _names(child)


def _first_name(node: cst.CSTNode) -> cst.CSTNode:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node
