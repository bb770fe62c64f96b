"""What a generated file calls its own model and tasks, so that equal edits of different files look equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from generator import naming
from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.specs import yaml_source

_CLASS = re.compile(r"(?P<stem>\w+?)(?:For[A-Z]\w*|Model|Config)")
_MARK = "\0"
"""Around a name's stand-in, so that no text of a file can be taken for one: no source holds it."""


@dataclass(frozen=True)
class Names:
    """The names of one file's model, which stand for nothing but the model, and of its tasks."""

    of_model: Mapping[str, str]
    """Pattern → what stands in for it."""
    of_tasks: Mapping[str, str]

    def without_model(self, text: str) -> str:
        """The text with the model's names replaced by stand-ins."""
        return self._model(text)

    def without_tasks(self, text: str) -> str:
        """The text with the names of tasks replaced too."""
        return self._tasks(text)

    @cached_property
    def _model(self) -> Callable[[str], str]:
        return _replacing(self.of_model)

    @cached_property
    def _tasks(self) -> Callable[[str], str]:
        return _replacing(self.of_tasks)


def names_of(sides: Iterable[Layout], model_type: str) -> Names:
    """What the specs of a model before and after a change both say; a name that changed is the change itself.

    The YAML is read as it is, since that of an old revision need not fit today's schema.
    """
    found = [_spec(side, model_type) for side in sides if side.model_spec(model_type).exists()]
    each = [_of_model(model_type, spec) for spec in found]
    same = {name: stand_in for name, stand_in in each[0].items() if all(name in other for other in each)}
    return Names(same, _of_tasks(sorted({task for spec in found for task in _mapping(spec, "tasks")})))


def shown(text: str) -> str:
    """A text with stand-ins as a person reads it: `<model_type>`."""
    return re.sub(f"{_MARK}(.*?){_MARK}", r"<\1>", text)


def _replacing(names: Mapping[str, str]) -> Callable[[str], str]:
    """A function that replaces all names at once, the longest that fits first."""
    if not names:
        return lambda text: text
    patterns = sorted(names, key=lambda pattern: (-len(pattern), pattern))
    any_of_them = re.compile("|".join(f"({pattern})" for pattern in patterns))
    stand_ins = [f"{_MARK}{names[pattern]}{_MARK}" for pattern in patterns]
    return lambda text: any_of_them.sub(lambda match: stand_ins[match.lastindex - 1], text)


def _of_model(model_type: str, spec: Mapping[str, Any]) -> dict[str, str]:
    own = _stem(str(spec.get("config_class")))
    bindings = [_mapping(_mapping(spec, "tasks"), task) for task in _mapping(spec, "tasks")]
    stems = {own, *(_stem(str(binding.get("model_class")), own) for binding in bindings)}
    return {
        rf"(?<!\w){re.escape(str(spec.get('checkpoint')))}(?!\w)": "checkpoint",
        rf"(?<!\w){re.escape(str(spec.get('title')))}(?!\w)": "title",
        rf"(?<![^\W_]){re.escape(naming.skillset_name(model_type))}(?!\w)": "skillset",
        rf"(?<![\w.-]){re.escape(model_type)}(?![\w-])": "model_type",
        **{rf"(?<!\w){re.escape(stem)}(?=[A-Z]|\b)": "Model" for stem in stems},
    }


def _spec(layout: Layout, model_type: str) -> dict[str, Any]:
    """The data of a spec with its overlay; as far as it can be read, since others tell what is wrong."""
    spec = _data(layout, layout.model_spec(model_type))
    entries = _data(layout, layout.overlay(model_type)).get("entries")
    for entry in entries if isinstance(entries, list) else ():
        spec = _merged(spec, _mapping(entry, "set"))
    return spec


def _data(layout: Layout, path: Path) -> dict[str, Any]:
    try:
        return yaml_source.read(path, layout.root).data
    except ProblemsFound:
        return {}


def _merged(spec: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    both = spec.keys() & changes.keys()
    inner = {key for key in both if isinstance(spec[key], dict) and isinstance(changes[key], dict)}
    return {**spec, **changes, **{key: _merged(spec[key], changes[key]) for key in inner}}


def _mapping(value: Any, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _stem(name: str, own: str = "") -> str:
    """`BertForMaskedLM` → `Bert`: what the class names of a model begin with."""
    if own and name.startswith(own):
        return own
    match = _CLASS.fullmatch(name)
    return match["stem"] if match else name


def _of_tasks(tasks: list[str]) -> dict[str, str]:
    found = {}
    for task in tasks:
        identifier = naming.identifier(task)
        found[rf"(?<![^\W_]){re.escape(identifier)}(?![^\W_])"] = "task"
        found[rf"(?<![^\W_]){re.escape(identifier.upper())}(?![^\W_])"] = "TASK"
        found[rf"(?<!\w){re.escape(naming.handler_class(task))}(?!\w)"] = "Task"
        found[rf"(?<![\w-]){re.escape(task)}(?![\w-])"] = "task"
    return found
