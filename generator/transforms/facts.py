"""What the transforms, and the checks after them, know about the file in hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from generator import naming


class Target(NamedTuple):
    """A hardware target: its name, and the convention's method that brings a model up on it."""

    name: str
    initializer: str


class Handler(NamedTuple):
    """A task, and the class in the module that handles it."""

    task: str
    handler_class: str


@dataclass(frozen=True)
class TransformFacts:
    """One generated file; `skillset_class` is absent where the file is not a skillset (a test)."""

    path: str
    template: str
    skillset_class: str | None = None
    hardware: tuple[Target, ...] = ()
    tasks: tuple[Handler, ...] = ()

    @property
    def hint(self) -> str:
        """Where a person mends what is wrong with the file."""
        return f"it is written by templates/{self.template}"

    def convention_methods(self) -> dict[str, str]:
        """The attributes that the host expects of the class, in order, each with its expression."""
        methods = {initializer: f'initializer("{name}")' for name, initializer in self.hardware}
        for hardware, _ in self.hardware:
            for task, handler in self.tasks:
                factory = naming.handler_factory(hardware, task)
                methods[factory] = f'handler_factory("{hardware}", {handler})'
        return methods
