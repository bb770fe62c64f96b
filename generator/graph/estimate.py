"""How long a run still takes: what is left of each step, at the pace of those of its tasks that ended."""

from __future__ import annotations

import time
from collections import Counter

_AFTER_S = 5.0
"""Before, an estimate says little."""


class Estimate:
    """Tasks are named `step:model`. A step that none ended of yet is taken to be as slow as the slowest."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._left: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()
        self._spent: Counter[str] = Counter()

    def add(self, task: str) -> None:
        self._left[_step(task)] += 1

    def drop(self, task: str) -> None:
        """A task will not run."""
        self._left[_step(task)] -= 1

    def end(self, task: str, seconds: float) -> None:
        self.drop(task)
        self._ended[_step(task)] += 1
        self._spent[_step(task)] += seconds

    def seconds(self) -> float | None:
        """What is left; None as long as little is known."""
        elapsed = time.monotonic() - self._started
        means = {step: self._spent[step] / ended for step, ended in self._ended.items()}
        if elapsed < _AFTER_S or not sum(means.values()):
            return None
        work = sum(count * means.get(step, max(means.values())) for step, count in self._left.items())
        return work * elapsed / sum(self._spent.values())

    def __str__(self) -> str:
        left = self.seconds()
        if left is None:
            return ""
        return f" about {left / 60:.0f} min left" if left >= 90 else f" about {left:.0f} s left"


def _step(task: str) -> str:
    return task.partition(":")[0]
