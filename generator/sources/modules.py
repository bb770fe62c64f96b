"""The modules of an installed package as syntax trees: parsed when asked for, remembered, never imported."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from generator.sources.evaluate import module_data

_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
# The bodies that facts are read from; the others are dropped, for hundreds of modules stay in memory.
_BODIES_READ = {"__init__", "__post_init__"}


@dataclass(frozen=True)
class Imported:
    """Where a name of a module comes from: the other module's path in the package, and the name there."""

    path: str
    name: str


@dataclass(frozen=True)
class ClassSource:
    """A class statement and the module that it stands in."""

    path: str
    node: ast.ClassDef = field(compare=False)
    name: str

    @property
    def origin(self) -> str:
        """The provenance of what the class says: `source models/bert/configuration_bert.py:BertConfig`."""
        return f"source {self.path}:{self.name}"


@dataclass(frozen=True)
class Module:
    """One parsed module: its classes, and where its other names come from."""

    path: str
    tree: ast.Module
    classes: dict[str, ClassSource]
    imports: dict[str, Imported]
    aliases: dict[str, str]
    stars: tuple[str, ...]


class Package:
    """A package folder, read module by module. Paths are posix, relative to the folder: `models/bert/…`."""

    def __init__(self, root: Path):
        self.root = root
        self._modules: dict[str, Module | None] = {}
        self._data: dict[str, dict[str, Any]] = {}

    def module(self, path: str) -> Module | None:
        """The module at a path, or None where there is no such file or it does not parse."""
        if path not in self._modules:
            self._modules[path] = self._parse(path)
        return self._modules[path]

    def data(self, path: str) -> dict[str, Any]:
        """The data that a module's top-level names hold (see `evaluate.module_data`)."""
        if path not in self._data:
            self._data[path] = {}  # an import cycle finds this rather than itself
            module = self.module(path)
            if module is not None:
                self._data[path] = module_data(module.tree, lambda node: self._imported_data(path, node))
        return self._data[path]

    def find_class(self, path: str, name: str) -> ClassSource | None:
        """The class that a name means in a module, through its imports; None where they leave the package."""
        return self._resolve(path, name, frozenset())

    def files(self, folder: str, prefix: str) -> tuple[str, ...]:
        """The modules of a folder whose file name starts with a prefix, sorted."""
        found = (self.root / folder).glob(f"{prefix}*.py")
        return tuple(sorted(f"{folder}/{path.name}" for path in found))

    def defining(self, name: str) -> tuple[str, ...]:
        """The modules that define a class of this name, sorted."""
        return self._definitions.get(name, ())

    @cached_property
    def _definitions(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.root.rglob("*.py")):
            if not path.name.startswith("modular_"):
                for name in _CLASS.findall(path.read_text("utf-8", errors="replace")):
                    found.setdefault(name, []).append(path.relative_to(self.root).as_posix())
        return {name: tuple(paths) for name, paths in found.items()}

    def _parse(self, path: str) -> Module | None:
        file = self.root / path
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # invalid escapes in docstrings are not ours to report
                tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            return None
        _drop_bodies(tree)
        return _module(self.root.name, path, tree)

    def _resolve(self, path: str, name: str, seen: frozenset[tuple[str, str]]) -> ClassSource | None:
        module = self.module(path)
        if module is None or (path, name) in seen:
            return None
        if name in module.classes:
            return module.classes[name]
        seen |= {(path, name)}
        if name in module.aliases:
            return self._resolve(path, module.aliases[name], seen)
        if name in module.imports:
            return self._resolve_in(module.imports[name].path, module.imports[name].name, seen)
        found = (self._resolve_in(star, name, seen) for star in module.stars)
        return next((item for item in found if item is not None), None)

    def _resolve_in(self, path: str, name: str, seen: frozenset[tuple[str, str]]) -> ClassSource | None:
        """A dotted import is a file or a folder with an `__init__.py`."""
        return self._resolve(f"{path}.py", name, seen) or self._resolve(f"{path}/__init__.py", name, seen)

    def _imported_data(self, path: str, node: ast.ImportFrom) -> dict[str, Any]:
        target = _target(self.root.name, path, node)
        if target is None or PurePosixPath(target).parent != PurePosixPath(path).parent:
            return {}
        there = self.data(f"{target}.py")
        return {a.asname or a.name: there[a.name] for a in node.names if a.name in there}


def _module(package: str, path: str, tree: ast.Module) -> Module:
    imports: dict[str, Imported] = {}
    classes: dict[str, ClassSource] = {}
    aliases: dict[str, str] = {}
    stars: list[str] = []
    for node in _top_level(tree.body):
        match node:
            case ast.ClassDef(name=name):
                classes[name] = ClassSource(path, node, name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=other)):
                aliases[name] = other
            case ast.ImportFrom() if (target := _target(package, path, node)) is not None:
                stars += [target for alias in node.names if alias.name == "*"]
                imports |= {a.asname or a.name: Imported(target, a.name) for a in node.names if a.name != "*"}
    return Module(path, tree, classes, imports, aliases, tuple(stars))


def _top_level(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module, those under `if` and `try` included."""
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        if isinstance(node, ast.If | ast.Try):
            for block in (node.body, node.orelse):
                found.extend(_top_level(block))
    return found


def _target(package: str, path: str, node: ast.ImportFrom) -> str | None:
    """`from ..clip.modeling_clip import …` in `models/llava/x.py` → `models/clip/modeling_clip`."""
    parts = (node.module or "").split(".")
    if node.level == 0:
        return "/".join(parts[1:]) if parts[0] == package and len(parts) > 1 else None
    folder = PurePosixPath(path).parent
    for _ in range(node.level - 1):
        folder = folder.parent
    return folder.joinpath(*parts).as_posix()


def _drop_bodies(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in _BODIES_READ:
            node.body = []
