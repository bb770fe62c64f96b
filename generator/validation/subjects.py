"""Whom a generated test asks: the reference in the test itself, or the skillset as its host would use it."""

from __future__ import annotations

import asyncio
import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator import naming
from generator.naming import Layout
from generator.specs.schema import Absent, Engine, Hardware, ModelSpec, PrecisionSpec
from generator.validation import greeting
from generator.validation.first_call import FirstCall
from skillset_runtime import exported
from skillset_runtime.accuracy import Accuracy
from skillset_runtime.convention import factory_name
from skillset_runtime.handler import DETAILS
from skillset_runtime.importing import load_by_path
from skillset_runtime.samples import realise

Answer = dict[str, Any]

NOT_SAVED = "what runs is no checkpoint's weights"


class UnsupportedTask(AssertionError):
    """The skillset has no handler for the task."""


class Subject(ABC):
    """One task of one checkpoint; requests name their inputs, recipes are made before they are sent."""

    model: Any
    processor: Any

    @property
    def details(self) -> dict[str, Any]:
        """What the answers say of how they came about; a model called straight says nothing."""
        return {}

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


@dataclass(frozen=True)
class Asked:
    """On which target, and in which precision, a skillset is asked to answer."""

    hardware: Hardware
    precision: PrecisionSpec

    @property
    def is_observed(self) -> bool:
        """Whether it is what the expectations were observed on: torch, on the processor, in float32."""
        return self.hardware.device == "cpu" and self.precision.equal

    @property
    def saves(self) -> bool:
        """Whether what runs is what a checkpoint has, and so can be saved as one."""
        return self.hardware.engine is Engine.TORCH and self.precision.equal

    def broken_by(self, details: Mapping[str, Any]) -> str | None:
        """Why an answer that says this of itself is none of the target in the precision."""
        if details.get("fallback_from"):
            return f"it fell back from {details['fallback_from']} to {details['device']}"
        kinds = ["REAL", *(["SIMULATED"] if self.hardware.absent is Absent.SIMULATED else [])]
        if details["implementation_type"] not in kinds:
            return f"implementation_type is {details['implementation_type']}"
        if details["precision"] != self.precision.name:
            return f"it was computed in {details['precision']}"
        return None


class SkillsetSubject(Subject):
    """A skillset, loaded by path and called through the host's convention of a hardware target."""

    def __init__(self, path: Path, spec: ModelSpec, task: str, folder: str, asked: Asked):
        self.asked = asked
        self._path, self._spec, self._task, self._folder = path, spec, task, folder
        self._details: dict[str, Any] = {}
        skillset = self._skillset(precision=asked.precision.name, strict=True)
        if task not in skillset.tasks:
            raise UnsupportedTask(
                f"{path.name} has no handler for {task}; it has {', '.join(skillset.tasks)}"
            )
        name, device = asked.hardware.hosts[0], asked.hardware.device
        initialize = getattr(skillset, f"init_{name}")
        known = {"model": folder, "model_type": task, "device": device}
        self.model, self.processor, self._handler, _, _ = initialize(*_given(initialize, known, name))
        loaded = {
            "endpoint_model": folder,
            "device": device,
            "endpoint": self.model,
            "tokenizer": self.processor,
        }
        factory = getattr(skillset, factory_name(name, task))
        self._second_handler = factory(*_given(factory, loaded, name))
        self._first_call = None if asked.precision.equal else FirstCall(self.model)

    @property
    def details(self) -> dict[str, Any]:
        if self.asked.hardware.engine is Engine.TORCH:
            return self._details
        return {**self._details, "parts": exported.ran(self.model)}

    def reopened(self, folder: Path) -> SkillsetSubject:
        return SkillsetSubject(self._path, self._spec, self._task, str(folder), self.asked)

    def greeted(self, layout: Layout) -> SkillsetSubject:
        """Itself, once what a host asks first was right: what it says it is, and an example."""
        module, skillset = load_by_path(self._path), self._skillset()
        wrong = greeting.wrong_with(module, skillset.tasks, self._handler, self._spec, layout)
        assert not wrong, "; ".join(wrong)
        label = f"{self.asked.hardware.hosts[0]}:0"
        answered = greeting.unrefused(self._handler)
        assert not answered, f"is not refused: {', '.join(answered)}"
        self._result(skillset.__test__(self.model, self._handler, label, self.processor))
        return self

    def outputs(self) -> Accuracy:
        """How accurate the first outputs of the model were, asked of it anew in float32 on the processor.

        They tell what an answer does not where it is a text alone: how near another choice was.
        """
        model = self._skillset().open("cpu", self._folder)[0]
        return self._first_call.accuracy(model)

    def _skillset(self, **metadata: Any) -> Any:
        module = load_by_path(self._path)
        name = naming.skillset_name(self._spec.model_type)
        return getattr(module, name)(metadata={"task": self._task, **metadata})

    def save(self, folder: Path) -> None:
        """Only as torch has it in float32: what is exported or quantized is made anew from that."""
        if not self.asked.saves:
            pytest.skip(NOT_SAVED)
        super().save(folder)

    def _call(self, arguments: dict[str, Any]) -> Answer:
        return self._result(self._handler(**arguments))

    async def _call_async(self, arguments: dict[str, Any]) -> Answer:
        """Every way in which a coroutine may call a handler must give one answer."""
        answers = [
            self._handler(**arguments),
            await self._second_handler(**arguments),
            await self._handler.call_async(**arguments),
        ]
        assert all(answer == answers[0] for answer in answers), answers
        return self._result(answers[0])

    def _result(self, answer: Answer) -> Answer:
        """The task's result alone; what says how it came about must say that it is what was asked for."""
        assert type(answer).__mro__[1] is dict or type(answer) is dict
        self._details = {key: answer[key] for key in DETAILS if key in answer}
        trouble = self.asked.broken_by(self._details)
        assert trouble is None, trouble
        json.dumps(answer)  # plain Python, and nothing else, can be sent on
        return {key: value for key, value in answer.items() if key not in DETAILS}


def _given(method: Callable[..., Any], known: Mapping[str, Any], host: str) -> list[Any]:
    """The positional arguments of a method of the convention, as a host gives them; it knows no others."""
    names = inspect.signature(method).parameters
    return [known.get(name, f"{host}:0" if name.endswith("label") else None) for name in names]
