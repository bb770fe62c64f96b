"""The host's calling convention: what every skillset offers, whatever its model."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, ClassVar

from skillset_runtime import convention
from skillset_runtime.errors import SkillsetError, did_you_mean
from skillset_runtime.handler import Handler
from skillset_runtime.placing import Placement, check_precision, place
from skillset_runtime.pool import PoolFull
from skillset_runtime.resources import LIBRARIES, Resources
from skillset_runtime.targets import TARGETS, Hardware

Opened = tuple[Any, Any, Handler, asyncio.Queue, int]
"""What a host unpacks: endpoint, tokenizer or processor, handler, queue, batch size."""

QUEUE_SIZE = 64
_LOG = logging.getLogger(__name__)


class Skillset:
    """A model type, ready to be loaded; subclasses name their handlers, the default task's first."""

    handlers: ClassVar[tuple[type[Handler], ...]] = ()
    unsupported: ClassVar[Mapping[str, str]] = {}
    """Hardware target → why this model type does not work there."""

    def __init_subclass__(cls, **kwargs: Any):
        """Give a skillset the host's methods for its handlers, but for those that it defines itself."""
        super().__init_subclass__(**kwargs)
        for name, method in convention.methods(cls.handlers):
            if name not in cls.__dict__:
                setattr(cls, name, method)

    def __init__(self, resources: Mapping[str, Any] | None = None, metadata: Mapping[str, Any] | None = None):
        self.resources = Resources(resources)
        self.metadata = dict(metadata or {})

    def init(self) -> None:
        """Get the libraries now, so that a missing one is named before the first request."""
        for name in LIBRARIES:
            self.resources[name]

    def open(self, target: str, model: str, device: Any = None, label: Any = None) -> Opened:
        """Load a checkpoint on a hardware target, for the default task or for that of `metadata["task"]`.

        Where the target is absent or the model fails to load there, the next of its fallbacks stands in, and
        answers say so; with `metadata["strict"]` it is refused instead. Raises `SkillsetError`, with the
        reason for each target that was tried.
        """
        handler = self._load(target, self.handler_class(self.metadata.get("task")), model, device, label)
        queue: asyncio.Queue = asyncio.Queue(QUEUE_SIZE)
        return handler.model, handler.processor, handler, queue, handler.batch_size

    def init_auto(self, model: str, device: Any = None, label: Any = None) -> Opened:
        """Load `model` where it answered fastest and right on this machine; answers say why there.

        That is read off what was measured; see `skillset_runtime.auto`.
        """
        from skillset_runtime import auto  # few ask for it

        choice = auto.choose(type(self).__name__, self.handler_class(self.metadata.get("task")).task, model)
        chosen = copy(self)
        chosen.metadata = {**self.metadata, "precision": choice.precision}
        opened = chosen.open(choice.target, model)
        opened[2].reason = choice.reason
        return opened

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
        self,
        target: str,
        handler: type[Handler],
        checkpoint: str,
        device: Any = None,
        label: Any = None,
        endpoint: Any = None,
        processor: Any = None,
    ) -> Handler:
        """A handler for an endpoint that the host has loaded, or for a checkpoint that is loaded now."""
        if endpoint is None:
            return self._load(target, handler, checkpoint, device, label)

        def adopt(placement: Placement) -> Handler:
            return handler.adopt(self.resources, endpoint, processor, checkpoint, placement)

        return self._on_first(target, adopt, checkpoint, device, label)

    def _load(self, target: str, handler: type[Handler], checkpoint: str, device: Any, label: Any) -> Handler:
        def load(placement: Placement) -> Handler:
            return handler.load(self.resources, checkpoint, placement)

        return self._on_first(target, load, checkpoint, device, label)

    def _on_first(
        self, target: str, use: Callable[[Placement], Handler], checkpoint: str, device: Any, label: Any
    ) -> Handler:
        """The handler that `use` makes on the target, or on the first of its fallbacks that works."""
        wanted, precision = self._target(target), self.metadata.get("precision")
        check_precision(wanted, precision)
        refusals: dict[str, SkillsetError] = {}
        for name in (target,) if self.metadata.get("strict") else (target, *wanted.fallback):
            asked = (device, label) if name == target else (None, None)
            try:
                handler = use(place(self.resources, self._target(name), checkpoint, *asked, precision))
            except PoolFull:
                raise
            except SkillsetError as error:
                refusals[name] = error
                continue
            if name != target:
                handler.fallback_from = target
                _LOG.warning("%s stands in for %s: %s", name, target, _reasons(refusals))
            return handler
        raise SkillsetError(_reasons(refusals)) from refusals[target]

    def _target(self, name: str) -> Hardware:
        """A target by its name, if the model type works on it."""
        if name not in TARGETS:
            hint = did_you_mean(name, TARGETS)
            raise SkillsetError(f"there is no target {name!r}; there is {', '.join(TARGETS)}{hint}")
        if name in self.unsupported:
            raise SkillsetError(f"{type(self).__name__} does not work on {name}: {self.unsupported[name]}")
        return TARGETS[name]

    def __test__(
        self, endpoint_model: Any, endpoint_handler: Handler, endpoint_label: str, tokenizer: Any
    ) -> dict[str, Any]:
        """Send the handler an example request and return its answer; an error is the test's failure."""
        return endpoint_handler(**endpoint_handler.example())


def _reasons(refusals: Mapping[str, SkillsetError]) -> str:
    return "; ".join(f"{name}: {error}" for name, error in refusals.items())
