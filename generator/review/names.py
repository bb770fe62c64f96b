"""What a generated file calls its own model and tasks, so that equal edits of different files look equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from generator import naming
from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.specs import yaml_source

_CLASS = re.compile(r"(?P<stem>\w+?)(?:For[A-Z]\w*|Model|Config)")
_NO_LETTER_BEFORE = r"(?<![^\W_])"
_MARK = "\0"
"""Around a name's stand-in, so that no text of a file can be taken for one: no source holds it."""


@dataclass(frozen=True)
class Name:
    """A name as it may stand in a text, and what stands in for it."""

    text: str
    stand_in: str
    before: str = r"(?<!\w)"
    after: str = r"(?!\w)"

    @property
    def pattern(self) -> str:
        return f"({self.before}{re.escape(self.text)}{self.after})"


@dataclass(frozen=True)
class Names:
    """The names of one file's model, which stand for nothing but the model, and of its tasks."""

    of_model: tuple[Name, ...] = ()
    of_tasks: tuple[Name, ...] = ()

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
    same = [name for name in next(iter(each), []) if all(name in other for other in each)]
    tasks = sorted({task for spec in found for task in _mapping(spec, "tasks")})
    return Names(tuple(same), tuple(name for task in tasks for name in _of_task(task)))


def shown(text: str) -> str:
    """A text with stand-ins as a person reads it: `<model_type>`."""
    return re.sub(f"{_MARK}(.*?){_MARK}", r"<\1>", text)


def _replacing(names: Sequence[Name]) -> Callable[[str], str]:
    """A function that replaces all names at once: the longest that fits, and of equal ones the first."""
    if not names:
        return lambda text: text
    ordered = sorted(names, key=lambda name: -len(name.text))
    any_of_them = re.compile("|".join(name.pattern for name in ordered))
    stand_ins = [f"{_MARK}{name.stand_in}{_MARK}" for name in ordered]
    return lambda text: any_of_them.sub(lambda match: stand_ins[match.lastindex - 1], text)


def _of_model(model_type: str, spec: Mapping[str, Any]) -> list[Name]:
    own = _stem(_text(spec, "config_class"))
    bindings = [_mapping(_mapping(spec, "tasks"), task) for task in _mapping(spec, "tasks")]
    stems = sorted({own, *(_stem(_text(binding, "model_class"), own) for binding in bindings)})
    names = [
        Name(_text(spec, "checkpoint"), "checkpoint"),
        Name(_text(spec, "title"), "title"),
        Name(naming.skillset_name(model_type), "skillset", before=_NO_LETTER_BEFORE),
        Name(model_type, "model_type", r"(?<![\w.-])", r"(?![\w-])"),
        *(Name(stem, "Model", after=r"(?=[A-Z]|\b)") for stem in stems),
    ]
    return [name for name in names if name.text]


def _of_task(task: str) -> list[Name]:
    identifier = naming.identifier(task)
    return [
        Name(task, "task", r"(?<![\w-])", r"(?![\w-])"),
        Name(identifier, "task", _NO_LETTER_BEFORE, r"(?![^\W_])"),
        Name(identifier.upper(), "TASK", _NO_LETTER_BEFORE, r"(?![^\W_])"),
        Name(naming.handler_class(task), "Task"),
    ]


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


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _mapping(value: Any, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _stem(name: str, own: str = "") -> str:
    """`BertForMaskedLM` → `Bert`: what the class names of a model begin with."""
    if own and name.startswith(own):
        return own
    match = _CLASS.fullmatch(name)
    return match["stem"] if match else name
