"""What a module or a template reaches, found by reading and never by importing or rendering."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterable
from functools import partial

from generator.graph.facts import FileFacts, digest_of

_PACKAGES = ("generator", "skillset_runtime")
_TEMPLATE_REFERENCE = re.compile(
    rb"\{%[-+]?\s*(?:extends|include|import|from)\s+[\"']([^\"']+)[\"']", re.ASCII
)
_MODULE_NAME = re.compile(r"(?:generator|skillset_runtime)(?:\.[a-z_][a-z0-9_]*)+", re.ASCII)


def reach(starts: Iterable[str], reached_from: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """Everything that can be reached, starts included, sorted."""
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        item = todo.pop()
        if item not in seen:
            seen.add(item)
            todo.extend(reached_from(item))
    return tuple(sorted(seen))


def template_files(facts: FileFacts, folder: str, names: Iterable[str]) -> tuple[str, ...]:
    """The files of the named templates and of all that they extend, include and import."""

    def references(name: str) -> Iterable[str]:
        return facts.get("templates", f"{folder}/{name}", _template_references) or ()

    return tuple(f"{folder}/{name}" for name in reach(names, references))


def _template_references(content: bytes) -> list[str]:
    return sorted({name.decode() for name in _TEMPLATE_REFERENCE.findall(content)})


def module_files(facts: FileFacts, modules: Iterable[str]) -> tuple[str, ...]:
    """The files of our own modules that the given ones import, anywhere in their text.

    A module that is only named in a string (a pytest plugin, a lazily loaded step) counts as imported.
    """

    def imports(path: str) -> Iterable[str]:
        found = facts.get("imports", path, lambda content: _imports(path, content)) or ()
        return (file for name in found for file in _files_of(facts, name))

    return reach([file for name in modules for file in _files_of(facts, name)], imports)


def code_digest(facts: FileFacts, path: str) -> str:
    """The digest of what a module says, which a comment or another layout does not change."""
    return facts.get("code", path, _code_digest) or "absent"


def settings_digest(facts: FileFacts, tool: str) -> str:
    """The digest of a tool's settings in pyproject.toml, where other settings have their places too."""
    read = partial(_settings_digest, tool=tool)
    return facts.get(f"settings of {tool}", "pyproject.toml", read) or "absent"


def _settings_digest(content: bytes, tool: str) -> str:
    try:
        settings = tomllib.loads(content.decode())["tool"][tool]
    except (KeyError, TypeError, ValueError):
        return digest_of(content)
    return digest_of(json.dumps(settings, sort_keys=True, default=str).encode())


def _code_digest(content: bytes) -> str:
    try:
        return digest_of(ast.dump(ast.parse(content)).encode("utf-8", "surrogatepass"))
    except (SyntaxError, ValueError):
        return digest_of(content)


def _imports(path: str, content: bytes) -> list[str]:
    """Dotted names that a module of ours may import; more than it does is harmless."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return []  # the step that imports it will say so
    names = {name for node in ast.walk(tree) for name in _imported_by(node, path)}
    return sorted(name for name in names if name.split(".")[0] in _PACKAGES)


def _imported_by(node: ast.AST, path: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = _absolute(node, path)
        return [base, *(f"{base}.{alias.name}" for alias in node.names)]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        name = node.value.split(":")[0]
        return [name] if _MODULE_NAME.fullmatch(name) else []
    return []


def _absolute(node: ast.ImportFrom, path: str) -> str:
    if not node.level:
        return node.module or ""
    package = path.split("/")[: -node.level]
    return ".".join([*package, node.module] if node.module else package)


def _files_of(facts: FileFacts, name: str) -> list[str]:
    """The files that importing a dotted name runs: the module itself and the packages around it.

    The graph is left out: it decides whether and when a step runs, and never what comes of it.
    """
    if name.startswith("generator.graph"):
        return []
    parts = name.split(".")
    packages = ["/".join(parts[:depth]) + "/__init__.py" for depth in range(1, len(parts) + 1)]
    candidates = [*packages, "/".join(parts) + ".py"]
    return [path for path in candidates if facts.digest(path) != "absent"]
