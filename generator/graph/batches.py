"""Plans files for many models at once, which costs a fraction of one by one: who needs one brings the next.

A plan holds for as long as the key that it was made under; kept on disk, it also serves a later run.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterable
from pathlib import Path

from generator.graph.facts import digest_of, write_atomically
from generator.graph.keys import Keys
from generator.graph.models import Model
from generator.graph.steps import Step
from generator.naming import Layout

SIZE = 100
"""Models in a batch: many enough to share what it costs to start tools, few enough to show progress."""

Key = dict[str, str]


class Batches:
    """The plans of one run. A plan is a text, or the error that the model's own task is to raise."""

    def __init__(self, layout: Layout, keys: Keys, folder: Path):
        """`folder` is where plans are kept."""
        self._layout = layout
        self._keys = keys
        self._folder = folder
        self._plans: dict[tuple[str, str], tuple[Key, str | Exception]] = {}
        self._lock = threading.Lock()

    def take(self, step: Step, model: Model, others: Iterable[Model]) -> str | Exception:
        """The plan for a model; where there is none, it is made together with those of `others`."""
        with self._lock:
            if not self._has(step, model):
                missing = [other for other in others if not self._has(step, other)]
                self._make(step, [model, *missing])
            return self._plans.pop((step.name, model.name))[1]

    def _has(self, step: Step, model: Model) -> bool:
        key, name = self._keys.of(step, model), (step.name, model.name)
        if self._plans.get(name, (None,))[0] != key and (kept := self._kept(*name, key)) is not None:
            self._plans[name] = (key, kept)
        return self._plans.get(name, (None,))[0] == key

    def _make(self, step: Step, batch: list[Model]) -> None:
        """What was made while a file of its key changed is for this run alone: it belongs to no key."""
        keys = {model.name: self._keys.of(step, model) for model in batch}
        made = step.load_plan()(self._layout, list(keys))
        settled = not self._keys.moved(step, batch)
        for model_type, plan in made.items():
            self._plans[step.name, model_type] = (keys[model_type], plan)
            if settled and isinstance(plan, str):
                self._keep(step.name, model_type, keys[model_type], plan)

    def _kept(self, step: str, model_type: str, key: Key) -> str | None:
        try:
            head, _, plan = self._file(step, model_type).read_bytes().partition(b"\n")
        except OSError:
            return None
        return plan.decode() if head == _head(key, plan) else None

    def _keep(self, step: str, model_type: str, key: Key, plan: str) -> None:
        content = plan.encode()
        with contextlib.suppress(OSError):  # without a cache, it is made again
            write_atomically(self._file(step, model_type), _head(key, content) + b"\n" + content)

    def _file(self, step: str, model_type: str) -> Path:
        return self._folder / step / model_type


def _head(key: Key, plan: bytes) -> bytes:
    """What a plan was made under, and that it is whole."""
    return digest_of(json.dumps(key, sort_keys=True).encode() + plan).encode()
