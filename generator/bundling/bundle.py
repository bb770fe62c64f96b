"""Writes a bundle: the docstring, one import of each library, and what is used of each module, in order.

Its host may load it by path without a place in `sys.modules`, where dataclasses cannot read annotations that
are texts. So annotations are evaluated, but for those that name what comes later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import libcst as cst

from generator import syntax
from generator.bundling.names import final_names
from generator.bundling.reach import Reached, reach
from generator.bundling.source import PACKAGE, Source, Statement, Symbol, Use
from generator.errors import Problem, ProblemsFound, raise_if_any
from generator.formatting import format_sources
from generator.naming import Layout
from generator.publish import encode, publish

_RULE = 96


def bundle(layout: Layout, model_type: str) -> str:
    """The skillset of a model type as one file that imports only libraries."""
    path = layout.skillset(model_type)
    shown = path.relative_to(layout.root).as_posix()
    if not path.exists():
        hint = f"generate it: doit generate:{model_type}"
        raise ProblemsFound([Problem(shown, None, "there is no skillset to bundle", hint)])
    modules = _modules(layout)
    skillset = _parsed(path.stem, path.read_text(encoding="utf-8"), shown, frozenset(modules))
    reached = reach(
        skillset, lambda name: _source(name, modules[name].read_text("utf-8"), frozenset(modules))
    )
    text = _Writer(reached, shown, model_type).text()
    return format_sources({Path(shown): text}, layout.root / "pyproject.toml")[Path(shown)]


def write(layout: Layout, model_type: str) -> Path:
    """Bring a bundle up to date; the path below the root."""
    path = layout.bundle(model_type)
    publish({path: encode(bundle(layout, model_type))}, layout)
    return path.relative_to(layout.root)


def _parsed(name: str, text: str, shown: str, modules: frozenset[str]) -> Source:
    syntax.parsed(text, shown)
    raise_if_any(_imported_within(text, shown))
    return Source(name, text, modules)


def _imported_within(text: str, shown: str) -> Iterator[Problem]:
    """Where a function of the skillset imports the runtime, as its code overlay may; no template does."""
    for outer in ast.parse(text).body:
        for node in ast.walk(outer) if not isinstance(outer, (ast.Import, ast.ImportFrom)) else ():
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(module.partition(".")[0] == PACKAGE for module in modules):
                message = f"imports {PACKAGE} within a function, which a bundle cannot"
                yield Problem(shown, node.lineno, message, "import it at the top, in its code overlay")


def _modules(layout: Layout) -> dict[str, Path]:
    """The modules of the runtime by their dotted names."""
    folder = layout.root / PACKAGE
    files = {path: path.relative_to(layout.root).with_suffix("") for path in sorted(folder.rglob("*.py"))}
    return {".".join(name.parts).removesuffix(".__init__"): path for path, name in files.items()}


@cache
def _source(name: str, text: str, modules: frozenset[str]) -> Source:
    """A module of the runtime, parsed once for all bundles of a run."""
    return Source(name, text, modules)


class _Writer:
    """Puts the parts together, under the names that they have in the bundle."""

    def __init__(self, reached: Reached, origin: str, model_type: str):
        self._reached, self._origin, self._model_type = reached, origin, model_type
        self._names = final_names(reached)
        self._defined: set[Symbol] = set()

    def text(self) -> str:
        skillset = self._reached.sources[-1]
        parts = [self._docstring(skillset), *sorted(self._imports())]
        for source in self._reached.sources:
            parts.append(self._banner(source))
            for statement in self._reached.statements[source.name]:
                parts.append(self._statement(source, statement))
        return "\n".join(parts)

    def _docstring(self, skillset: Source) -> str:
        said = skillset.docstring.partition("\n\n")[0]
        return f'''"""{said}

Made from {self._origin} and what it uses of {PACKAGE}, to be loaded without it.
It runs models in torch. Change it there and run `doit bundle:{self._model_type}`.
"""
'''

    def _imports(self) -> Iterator[str]:
        for symbol, name in self._names.items():
            if symbol.imported:
                alias = "" if name == symbol.name and _binds_itself(symbol) else f" as {name}"
                yield f"{symbol.imported}{alias}"

    def _banner(self, source: Source) -> str:
        path = self._origin if source is self._reached.sources[-1] else f"{source.name.replace('.', '/')}.py"
        first = " ".join(source.docstring.partition("\n\n")[0].split())
        return f"\n\n# {'-' * _RULE}\n# {path}\n# {first}\n# {'-' * _RULE}\n"

    def _statement(self, source: Source, statement: Statement) -> str:
        uses = self._reached.uses[statement]
        renamed = {use.node: self._names[symbol] for use, symbol in uses}
        renamed |= {name: self._names[Symbol(source.name, name.value)] for name in statement.names}
        later = [use for use, symbol in uses if not symbol.imported and symbol not in self._defined]
        change = _Renaming(renamed, {node for use in later for node in _annotations_around(source, use)})
        self._defined |= {Symbol(source.name, name.value) for name in statement.names}
        return "".join(cst.Module([node.visit(change)]).code for node in statement.nodes)


class _Renaming(cst.CSTTransformer):
    """Puts names in the places of others, and annotations that name what comes later into quotes."""

    def __init__(self, names: dict[cst.CSTNode, str], quoted: set[cst.CSTNode]):
        super().__init__()
        self._names, self._quoted = names, quoted

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        name = self._names.get(original_node)
        return updated_node if name in (None, updated_node.value) else updated_node.with_changes(value=name)

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        name = self._names.get(original_node)
        return updated_node if name is None else cst.Name(name, updated_node.lpar, updated_node.rpar)

    def leave_Annotation(self, original_node: cst.Annotation, updated_node: cst.Annotation) -> cst.Annotation:
        if original_node not in self._quoted:
            return updated_node
        text = cst.Module([]).code_for_node(updated_node.annotation)
        return updated_node.with_changes(annotation=cst.SimpleString(repr(text)))


def _annotations_around(source: Source, use: Use) -> Iterator[cst.Annotation]:
    """The annotation that a use stands in, if it does."""
    node: cst.CSTNode = use.node
    while not isinstance(node, cst.Module):
        if isinstance(node, cst.Annotation):
            yield node
            return
        node = source.parent(node)


def _binds_itself(symbol: Symbol) -> bool:
    """Whether an import binds its name without an `as`."""
    name = symbol.imported.rpartition("import ")[2]
    return symbol.name == (name if symbol.imported.startswith("from ") else name.partition(".")[0])
