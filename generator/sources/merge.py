"""Facts with their origins: gathering them, telling disagreements, keeping those of an absent source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from generator.errors import Problem, ProblemsFound
from generator.specs.schema import ModelSpec

DOCS = "docs "
SOURCE = "source "
RULE = "rule "


class Underivable(ProblemsFound):
    """The sources were read, but say too little of a type for a spec; `reason` is one for all such types."""

    def __init__(self, problem: Problem, reason: str):
        self.reason = reason
        super().__init__([problem])


@dataclass(frozen=True)
class Fact:
    """A value and where it came from: `docs <page>:<line>`, `source <file>:<symbol>` or `rule <name>`."""

    value: Any
    origin: str


@dataclass
class Facts:
    """The facts of one spec as they are gathered, by dotted path, and what their sources disagree on."""

    found: dict[str, Fact] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)

    def add(self, path: str, fact: Fact | None) -> None:
        """Take a fact, unless there is none or a better source has given it already."""
        if fact is not None and fact.value is not None:
            self.found.setdefault(path, fact)

    def value(self, path: str) -> Any:
        fact = self.found.get(path)
        return fact.value if fact else None

    def provenance(self) -> dict[str, str]:
        """Dotted path → origin, in the order of the schema."""
        order = {name: index for index, name in enumerate(ModelSpec.model_fields)}
        paths = sorted(self.found, key=lambda path: order[path.split(".")[0]])
        return {path: self.found[path].origin for path in paths}


def disagreement(path: str, kept: Fact, other: Fact) -> str:
    return f"{path}: {name_of(kept.origin)} says {kept.value!r}, {name_of(other.origin)} says {other.value!r}"


def name_of(origin: str) -> str:
    """An origin as a sentence has it: `docs model_doc/bert.md:43` → `model_doc/bert.md:43`."""
    return origin.removeprefix(DOCS).removeprefix(SOURCE)


def kept(previous: ModelSpec | None, *kinds: str) -> dict[str, Fact]:
    """The facts of an earlier spec from these kinds of source, for when the source is absent now."""
    if previous is None:
        return {}
    return {
        path: Fact(value, origin)
        for path, origin in previous.provenance.items()
        if origin.startswith(kinds) and (value := at(previous, path)) is not None
    }


def at(node: Any, path: str) -> Any:
    """The value at a dotted path of a spec (`tasks.fill-mask.inputs`); a key may have dots of its own."""
    if not path:
        return node
    if isinstance(node, tuple):
        return tuple(item for item in node if item.kind == path) or None
    if isinstance(node, dict):
        keys = sorted((key for key in node if path == key or path.startswith(f"{key}.")), key=len)
        return at(node[keys[-1]], path[len(keys[-1]) + 1 :]) if keys else None
    head, _, rest = path.partition(".")
    return at(getattr(node, head), rest) if hasattr(node, head) else None
