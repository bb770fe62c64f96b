"""Renames a method or a resource key of the host's convention, everywhere at once.

The toolchain, the runtime, templates and code overlays are edited; so are generated modules, to what they
would be generated as from there. Nothing is written unless all of it parses.
"""

from __future__ import annotations

import ast
import difflib
import itertools
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from generator import formatting, naming, syntax
from generator.errors import Problem, did_you_mean, raise_if_any
from generator.naming import Layout
from generator.review import template_names
from generator.review.occurrences import Rename, renamed

_CODE = ("generator", "skillset_runtime", "specs/overlays", "generated/skillsets", "generated/tests")
_MORE_CODE = ("tests", "benchmarks")
_PROSE = ("README.md", "docs")
_CLASSES = (("skillset.py", "Skillset"), ("handler.py", "Handler"))
_PATTERNS = ("init_<host>", "create_<host>_<task>_endpoint_handler")
_RESOURCES = "skillset_runtime/resources.py"
_PLACEHOLDER = re.compile(r"<[a-z]+>")


@dataclass(frozen=True)
class Renaming:
    """What a rename comes to: the new texts by path below the root, and what is left to a person."""

    rename: Rename
    before: Mapping[str, str]
    after: Mapping[str, str]
    left: tuple[Problem, ...]
    """Mentions that may mean the name, and were not edited."""

    @property
    def sources(self) -> list[str]:
        """The edited files that a person writes."""
        return [path for path in self.after if not path.startswith("generated/")]

    @property
    def outputs(self) -> list[str]:
        """The edited files that are generated."""
        return [path for path in self.after if path.startswith("generated/")]

    def diff(self, paths: list[str]) -> str:
        """What changes in some of the files, as a unified diff."""
        return "".join(line for path in paths for line in _diff(path, self.before[path], self.after[path]))


def plan(layout: Layout, old: str, new: str, *, is_key: bool = False) -> Renaming:
    """What renaming a method, or a resource key, changes. Raises `ProblemsFound` if it cannot be done."""
    rename = _checked(layout, old, new, is_key)
    before = dict(_texts(layout))
    raise_if_any(_taken(before, rename))
    after = {path: _edited(path, text, rename) for path, text in before.items() if _may_hold(text, rename)}
    after = {path: text for path, text in after.items() if text != before[path]}
    after |= _formatted(layout, {path: text for path, text in after.items() if path.endswith(".py")})
    raise_if_any(_broken(after))
    return Renaming(rename, before, dict(sorted(after.items())), tuple(_left(before, after, rename)))


def _checked(layout: Layout, old: str, new: str, is_key: bool) -> Rename:
    """The rename, if the convention has the old name, and nothing has the new one."""
    known = _keys(layout) if is_key else _methods(layout)
    kind = "resource key" if is_key else "method"
    problems = []
    if old not in known:
        hint = did_you_mean(old, known) or f"it has {', '.join(sorted(known))}"
        problems.append(Problem("skillset_runtime", None, f'the convention has no {kind} "{old}"', hint))
    if new in known:
        problems.append(
            Problem("skillset_runtime", None, f'there is a {kind} "{new}" already', "choose another")
        )
    if _PLACEHOLDER.findall(old) != _PLACEHOLDER.findall(new) or not _is_name(_PLACEHOLDER.sub("x", new)):
        hint = "write a Python name, with the placeholders of the old one in their order"
        problems.append(Problem("skillset_runtime", None, f'"{new}" cannot stand for "{old}"', hint))
    raise_if_any(problems)
    return Rename(old, new, dict(_expanded(layout, old, new)), is_key)


def _taken(texts: Mapping[str, str], rename: Rename) -> Iterator[Problem]:
    """Where the runtime, a template or an overlay has the new name already: for something else."""
    new = set(rename.names.values())
    for path, text in texts.items() if not rename.is_key else ():
        if path.startswith(("skillset_runtime/", "templates/skillsets/", "specs/overlays/")):
            found = (match for match in re.finditer(r"(?:\.|\bdef +)(\w+)", text) if match[1] in new)
            for match in list(found)[:1]:
                line = text.count("\n", 0, match.start()) + 1
                yield Problem(
                    path, line, f'"{match[1]}" is there already, for something else', "choose another"
                )


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _methods(layout: Layout) -> set[str]:
    """The methods and attributes of skillsets and handlers, but for those whose names are Python's."""
    found = set(_PATTERNS)
    for file, name in _CLASSES:
        tree = ast.parse((layout.root / "skillset_runtime" / file).read_text("utf-8"))
        body = next(node.body for node in tree.body if getattr(node, "name", None) == name)
        found |= {name for node in body for name in _bound(node) if not name.startswith("_")}
    return found


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.name]
    targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _keys(layout: Layout) -> set[str]:
    """The keys that the runtime's `resources` knows."""
    tree = ast.parse((layout.root / _RESOURCES).read_text("utf-8"))
    values = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    names = [key for value in values for key in (value.keys if isinstance(value, ast.Dict) else [value])]
    return {name.value for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str)}


def _expanded(layout: Layout, old: str, new: str) -> Iterator[tuple[str, str]]:
    """Each name that a pattern stands for, and the new one."""
    from generator.specs import catalogue  # brings yaml and pydantic

    if not (holes := _PLACEHOLDER.findall(old)):
        yield old, new
        return
    _, tasks, hardware = catalogue.load_vocabulary(layout)
    words = {
        "<host>": sorted(host for target in hardware.values() for host in target.hosts),
        "<task>": [naming.identifier(task) for task in tasks],
    }
    for values in itertools.product(*(words[hole] for hole in holes)):
        given = iter(values), iter(values)
        yield tuple(
            _PLACEHOLDER.sub(lambda _, it=it: next(it), name)
            for name, it in zip((old, new), given, strict=True)
        )


def _texts(layout: Layout) -> Iterator[tuple[str, str]]:
    """Every file that may hold a name of the convention."""
    files = [layout.root / "dodo.py", layout.root / _PROSE[0]]
    for folder in (*_CODE, *_MORE_CODE):
        files += (layout.root / folder).rglob("*.py")
    files += [*layout.templates.rglob("*.j2"), *(layout.root / _PROSE[1]).rglob("*.md")]
    for file in sorted(file for file in files if file.is_file()):
        yield file.relative_to(layout.root).as_posix(), file.read_bytes().decode()


def _may_hold(text: str, rename: Rename) -> bool:
    if rename.is_key:
        return rename.old in text and "resources" in text.lower()
    return max((piece for piece, _ in rename.pieces), key=len) in text


def _edited(path: str, text: str, rename: Rename) -> str:
    if path.endswith(".md"):
        return rename.in_prose(text)
    if path.endswith(".j2"):
        return template_names.renamed(path, text, rename)
    return renamed(syntax.parsed(text, path), rename, defines_keys=path == _RESOURCES)


def _formatted(layout: Layout, texts: Mapping[str, str]) -> dict[str, str]:
    paths = {Path(path): text for path, text in texts.items()}
    done = formatting.format_sources(paths, layout.root / "pyproject.toml")
    return {path.as_posix(): text for path, text in done.items()}


def _broken(texts: Mapping[str, str]) -> Iterator[Problem]:
    for path, text in texts.items():
        try:
            if path.endswith(".py"):
                compile(text, path, "exec", dont_inherit=True)
        except SyntaxError as error:
            yield Problem(path, error.lineno, f"would not parse any more: {error.msg}")


def _left(before: Mapping[str, str], after: Mapping[str, str], rename: Rename) -> Iterator[Problem]:
    """Where a word of code in prose, or an attribute of who knows what, is the old name still."""
    if rename.is_pattern or rename.is_key:
        return
    mention = re.compile(rf"`{re.escape(rename.old)}`|\.{re.escape(rename.old)}\b")
    for path, text in before.items():
        lines = after.get(path, text).splitlines() if not path.startswith("generated/") else ()
        for number, line in enumerate(lines, start=1):
            if mention.search(line):
                yield Problem(path, number, f"`{line.strip()[:80]}` may mean it", "see whether it does")


def _diff(path: str, before: str, after: str) -> Iterator[str]:
    lines = (text.splitlines(keepends=True) for text in (before, after))
    return difflib.unified_diff(*lines, f"a/{path}", f"b/{path}", n=1)
