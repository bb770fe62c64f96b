"""The host's calling convention: what every skillset offers, whatever its model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from skillset_runtime import devices
from skillset_runtime.errors import SkillsetError
from skillset_runtime.handler import Handler
from skillset_runtime.resources import Resources

Opened = tuple[Any, Any, Handler, asyncio.Queue, int]
"""What a host unpacks: endpoint, tokenizer or processor, handler, queue, batch size."""

QUEUE_SIZE = 64


class Skillset:
    """A model type, ready to be loaded; subclasses name their handlers, the default task's first."""

    handlers: ClassVar[tuple[type[Handler], ...]]

    def __init__(self, resources: Mapping[str, Any] | None = None, metadata: Mapping[str, Any] | None = None):
        self.resources = Resources(resources)
        self.metadata = dict(metadata or {})

    def init(self) -> None:
        """Get the libraries now, so that a missing one is named before the first request."""
        for name in ("torch", "transformers", "numpy"):
            self.resources[name]

    def open(self, model: str, device: str) -> Opened:
        """Load a checkpoint for the default task, or for the one that `metadata["task"]` names."""
        handler = self._load(self.handler_class(self.metadata.get("task")), model, device)
        queue: asyncio.Queue = asyncio.Queue(QUEUE_SIZE)
        return handler.model, handler.processor, handler, queue, handler.batch_size

    def handler_class(self, task: str | None = None) -> type[Handler]:
        """The handler of a task; of the default task without one."""
        if task is None:
            return self.handlers[0]
        for handler in self.handlers:
            if handler.task == task:
                return handler
        raise SkillsetError(f"{type(self).__name__} has no task {task!r}; it has {', '.join(self.tasks)}")

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks it serves, the default one first."""
        return tuple(handler.task for handler in self.handlers)

    def create(
        self, handler: type[Handler], endpoint_model: str, device: str, endpoint: Any, tokenizer: Any
    ) -> Handler:
        """A handler for an endpoint that the host has loaded, or for a checkpoint that is loaded now."""
        if endpoint is None:
            return self._load(handler, endpoint_model, device)
        if tokenizer is None:
            tokenizer = handler.load_processor(self.resources, endpoint_model)
        return handler(self.resources, endpoint, tokenizer, devices.resolve(self.resources["torch"], device))

    def _load(self, handler: type[Handler], checkpoint: str, device: str) -> Handler:
        return handler.load(self.resources, checkpoint, devices.resolve(self.resources["torch"], device))

    def __test__(
        self, endpoint_model: Any, endpoint_handler: Handler, endpoint_label: str, tokenizer: Any
    ) -> dict[str, Any]:
        """Send the handler an example request and return its answer; an error is the test's failure."""
        return endpoint_handler(**endpoint_handler.example())


def initializer(hardware: str) -> Callable[..., Opened]:
    """The convention's `init_<hardware>`: load a checkpoint on a device of that kind."""

    def init(self: Skillset, model: str, device: str, label: str) -> Opened:
        return self.open(model, device)

    init.__name__ = f"init_{hardware}"
    init.__doc__ = f"Load `model` on a {hardware} device: (endpoint, processor, handler, queue, batch size)."
    return init


def handler_factory(hardware: str, handler: type[Handler]) -> Callable[..., Handler]:
    """The convention's `create_<hardware>_<task>_endpoint_handler`."""

    def create(
        self: Skillset,
        endpoint_model: str,
        device: str,
        hardware_label: str,
        endpoint: Any = None,
        tokenizer: Any = None,
    ) -> Handler:
        return self.create(handler, endpoint_model, device, endpoint, tokenizer)

    create.__name__ = f"create_{hardware}_{handler.__name__}_endpoint_handler"
    create.__doc__ = f"A {handler.task} handler on a {hardware} device."
    return create
