"""doit's own state, which lives only as long as a command: what was done is in the journal."""

from __future__ import annotations

from typing import Any


class MemoryBackend:
    """A state backend for `doit.dependency.Dependency`."""

    desc = "kept in memory only"

    def __init__(self, name: str, codec: object, *, module_name: str | None = None):
        self.name = name
        self._tasks: dict[str, dict[str, Any]] = {}

    def dump(self) -> None:
        """There is nothing to write."""

    def set(self, task_id: str, dependency: str, value: Any) -> None:
        self._tasks.setdefault(task_id, {})[dependency] = value

    def get(self, task_id: str, dependency: str) -> Any:
        return self._tasks.get(task_id, {}).get(dependency)

    def in_(self, task_id: str) -> bool:
        return task_id in self._tasks

    def remove(self, task_id: str) -> None:
        self._tasks.pop(task_id, None)

    def remove_all(self) -> None:
        self._tasks.clear()
