"""Whom a generated test asks: the reference in the test itself, or the skillset as its host would use it."""

from __future__ import annotations

import asyncio
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from skillset_runtime.convention import factory_name
from skillset_runtime.handler import DETAILS
from skillset_runtime.samples import realise

Answer = dict[str, Any]


class UnsupportedTask(AssertionError):
    """The skillset has no handler for the task."""


class Subject(ABC):
    """One task of one checkpoint; requests name their inputs, recipes are made before they are sent."""

    model: Any
    processor: Any

    def ask(self, inputs: Mapping[str, Any], parameters: Mapping[str, Any] | None = None) -> Answer:
        """The answer to a request."""
        return self._call(self._arguments(inputs, parameters))

    def ask_batch(
        self, items: list[Mapping[str, Any]], parameters: Mapping[str, Any] | None = None
    ) -> Answer:
        """The answer to several requests sent as one, in which each input is a list."""
        return self.ask({name: [item[name] for item in items] for name in items[0]}, parameters)

    def ask_async(self, inputs: Mapping[str, Any], parameters: Mapping[str, Any] | None = None) -> Answer:
        """The answer to a request sent from a coroutine."""
        return asyncio.run(self._call_async(self._arguments(inputs, parameters)))

    def save(self, folder: Path) -> None:
        """Write the checkpoint anew, from what is loaded."""
        self.model.save_pretrained(folder)
        if self.processor is not None:
            self.processor.save_pretrained(folder)

    @abstractmethod
    def reopened(self, folder: Path) -> Subject:
        """The same task of another checkpoint folder."""

    @abstractmethod
    def _call(self, arguments: dict[str, Any]) -> Answer: ...

    @abstractmethod
    async def _call_async(self, arguments: dict[str, Any]) -> Answer: ...

    def _arguments(self, inputs: Mapping[str, Any], parameters: Mapping[str, Any] | None) -> dict[str, Any]:
        return realise({**self._with_mask(dict(inputs)), **(parameters or {})})

    def _with_mask(self, value: Any) -> Any:
        """Texts are written with {mask}, since each tokenizer has a mask token of its own."""
        if isinstance(value, str):
            return value.replace("{mask}", getattr(self.processor, "mask_token", None) or "{mask}")
        if isinstance(value, list):
            return [self._with_mask(item) for item in value]
        return {k: self._with_mask(v) for k, v in value.items()} if isinstance(value, dict) else value


class Reference(Subject):
    """What the test says that a person would write with transformers alone."""

    def __init__(self, reference: Callable[[str], tuple[Callable[..., Answer], Any, Any]], folder: str):
        self._reference = reference
        self._answer, self.model, self.processor = reference(folder)

    def reopened(self, folder: Path) -> Reference:
        return Reference(self._reference, str(folder))

    def _call(self, arguments: dict[str, Any]) -> Answer:
        return self._answer(**arguments)

    async def _call_async(self, arguments: dict[str, Any]) -> Answer:
        return await asyncio.to_thread(self._answer, **arguments)


class SkillsetSubject(Subject):
    """A skillset, loaded by path and called through the host's convention."""

    def __init__(self, path: Path, task: str, folder: str):
        self._path, self._task = path, task
        module = load_by_path(path)
        skillset = getattr(module, path.stem)(metadata={"task": task})
        if task not in skillset.tasks:
            raise UnsupportedTask(
                f"{path.name} has no handler for {task}; it has {', '.join(skillset.tasks)}"
            )
        self.model, self.processor, self._handler, _, _ = skillset.init_cpu(folder, "cpu", "cpu:0")
        factory = getattr(skillset, factory_name("cpu", task))
        self._second_handler = factory(folder, "cpu", "cpu:0", self.model, self.processor)

    def reopened(self, folder: Path) -> SkillsetSubject:
        return SkillsetSubject(self._path, self._task, str(folder))

    def _call(self, arguments: dict[str, Any]) -> Answer:
        return _without_details(self._handler(**arguments))

    async def _call_async(self, arguments: dict[str, Any]) -> Answer:
        """Every way in which a coroutine may call a handler must give one answer."""
        answers = [
            self._handler(**arguments),
            await self._second_handler(**arguments),
            await self._handler.call_async(**arguments),
        ]
        assert all(answer == answers[0] for answer in answers), answers
        return _without_details(answers[0])


def load_by_path(path: Path) -> ModuleType:
    """A module from its file, as the host's worker loads it."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _without_details(answer: Answer) -> Answer:
    """The task's result alone; what says how it came about must say that it is real."""
    assert type(answer).__mro__[1] is dict or type(answer) is dict
    assert answer["implementation_type"] == "REAL"
    return {key: value for key, value in answer.items() if key not in DETAILS}
