"""The facts behind a value that a template was given: where each stands, and where it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.review.reads import Read, Recorder, kept_origins, recorded
from generator.specs import yaml_source
from generator.specs.catalogue import OVERLAYS, TASKS, Loader
from generator.specs.schema import ModelSpec, Task
from generator.specs.typed import dotted
from generator.specs.yaml_source import Place, ValuePath
from generator.validation import requirements
from generator.views import FILE_VALUES, TASK_VALUES, FileSubject, TaskSubject, head_of

SPEC, REQUIREMENTS = "spec", "requirements"
_LONGEST = 60


@dataclass(frozen=True)
class Overridden:
    """What the derived spec says of a fact that an overlay sets, and why the overlay does."""

    reason: str
    place: Place | None = None
    value: str | None = None
    origin: str | None = None


@dataclass(frozen=True)
class Fact:
    """One fact: its value, where it stands, and what it was taken from where that is known.

    `value` is None where nothing is written, and `place` is then what would hold it.
    """

    name: str
    value: str | None
    place: Place
    origin: str | None = None
    overridden: Overridden | None = None


class Facts:
    """The facts that the skillset or the test of a model type is made from."""

    def __init__(self, layout: Layout, model_type: str, kind: str):
        loader = Loader(layout)
        located = loader.model(model_type)
        if located is None:
            raise ProblemsFound(loader.why(model_type))
        self.spec: ModelSpec = located.value
        self.required: Mapping[str, Any] | None = None
        self._layout, self._kind = layout, kind
        self._tasks: dict[str, Task] = {}
        self._documents = {SPEC: located.document}
        for name in self.spec.tasks:
            task = loader.get(TASKS, name)
            self._tasks[name], self._documents[_task_source(name)] = task.value, task.document
        self._derived = yaml_source.read(layout.model_spec(model_type), layout.root)
        overlay = loader.get(OVERLAYS, model_type) if model_type in loader.names(OVERLAYS) else None
        self._overlay = overlay.document if overlay else None
        if kind == "skillsets":
            path = layout.requirements(model_type)
            self.required = requirements.load(path, layout.root).tasks
            self._documents[REQUIREMENTS] = yaml_source.read(path, layout.root)
        self._recorded = cache(self._record)

    def behind(self, path: ValuePath, task: str | None) -> tuple[Fact, ...]:
        """The facts behind a value of the context of a task's fragment, or of the whole file."""
        value, reads = self._recorded(str(path[0]), task)
        return tuple(map(self.fact, kept_origins(value, path[1:]) or reads))

    def fact(self, read: Read) -> Fact:
        """A fact that a view read, with its place."""
        source, path = read
        document = self._documents[source]
        value = _shown(document.data, path)
        place = document.place(path)
        if source != SPEC:
            return Fact(dotted(path), value, place)
        if place.path != document.path:
            return Fact(dotted(path), value, place, overridden=self._overridden(path, place))
        return Fact(dotted(path), value, place, _origin(document.data, path) if value is not None else None)

    def _overridden(self, path: ValuePath, place: Place) -> Overridden:
        entries = self._overlay.data["entries"]
        number = max(n for n in range(len(entries)) if self._overlay.places["entries", n].line <= place.line)
        reason, value = entries[number]["reason"].strip(), _shown(self._derived.data, path)
        if value is None:
            return Overridden(reason)
        return Overridden(reason, self._derived.place(path), value, _origin(self._derived.data, path))

    def _record(self, name: str, task: str | None) -> tuple[Any, tuple[Read, ...]]:
        if task is None:
            return recorded(FILE_VALUES[name], self._file) if name in FILE_VALUES else (None, ())
        if name not in TASK_VALUES:
            return None, ()
        return recorded(TASK_VALUES[name], lambda recorder: self._task(recorder, self._tasks[task]))

    def _file(self, recorder: Recorder) -> FileSubject:
        required = self.required and recorder.over(REQUIREMENTS, self.required, ("tasks",))
        return FileSubject(recorder.over(SPEC, self.spec), self._layout, self._kind, required)

    def _task(self, recorder: Recorder, task: Task) -> TaskSubject:
        source, head = _task_source(task.name), head_of(task, self.spec)
        return TaskSubject(
            recorder.over(SPEC, self.spec),
            recorder.over(source, task),
            recorder.over(SPEC, self.spec.tasks[task.name], ("tasks", task.name)),
            recorder.over(source, head, ("heads", task.heads.index(head))),
        )


def _task_source(task: str) -> str:
    return f"task {task}"


def _at(data: Any, path: ValuePath) -> Any:
    for key in path:
        try:
            data = data[key]
        except (LookupError, TypeError):
            return None
    return data


def _shown(data: Any, path: ValuePath) -> str | None:
    """A value on one line, not endless, of a mapping the keys; None where nothing is written."""
    value = _at(data, path)
    if value is None:
        return None
    text = f"{{{', '.join(value)}}}" if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _origin(data: Any, path: ValuePath) -> str | None:
    """What provenance says of a fact, or of the nearest one around it."""
    names = [dotted(path[:end]) for end in range(len(path), 0, -1)]
    if path[0] == "processors" and (kind := _at(data, (*path[:2], "kind"))):
        names.insert(0, f"processors.{kind}")
    known = data.get("provenance", {})
    return next((known[name] for name in names if name in known), None)
