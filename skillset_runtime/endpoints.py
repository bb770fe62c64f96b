"""The host's book of endpoint handlers, by model and label."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skillset_runtime.errors import SkillsetError


class Endpoints(dict[str, dict[str, Callable[..., Any]]]):
    """`endpoints[model][label]`; called with both it is the handler, called without it is the dictionary."""

    def __call__(self, model: str | None = None, label: str | None = None) -> Any:
        """The handler of a model under a label such as `cpu:0`; raises `SkillsetError` if there is none."""
        if model is None and label is None:
            return self
        handlers = self._entry(self, model, "model")
        return self._entry(handlers, label, f"handler of {model!r}")

    def file(self, model: str, label: str, handler: Callable[..., Any]) -> None:
        """Put a handler where the host looks for it."""
        self.setdefault(model, {})[label] = handler

    @staticmethod
    def _entry(entries: dict[str, Any], name: str | None, what: str) -> Any:
        if name not in entries:
            known = ", ".join(map(repr, entries)) or "none"
            raise SkillsetError(f"there is no {what} {name!r}; there is {known}")
        return entries[name]
