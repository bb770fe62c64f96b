"""The record of what skillsets came to on each hardware target in each precision: `generated/matrix/`.

It is committed, as the runs that it needs take machines that have the targets, and hours. So it holds what
another machine would find too: no timings, and figures rounded so that another processor rewrites nothing.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any

from pydantic import Field

from generator.naming import Layout
from generator.specs.schema import Frozen, Name
from generator.specs.typed import validate
from generator.specs.yaml_source import read
from generator.validation import yaml_text

_HEADER = """\
Written by `doit matrix:{model_type}`; do not edit.
What the skillset came to on each hardware target in each precision: the generated test, judged by the
expectations. `error` is the furthest that a float of an answer is off, relative to the largest of its
field; `agreement` the share of all else (texts, labels, counts) that is equal."""
_ALIKE = 4.0
"""Errors that differ by less than this factor are one: another processor rounds otherwise."""


class State(StrEnum):
    """What a run came to, the best first."""

    EXECUTED = "executed"
    SIMULATED = "simulated"
    PLACEMENT_CHECKED = "placement checked"
    WRONG = "wrong"
    """It answered, and not as it must."""
    EXPORT_FAILED = "export failed"
    FAILED = "failed"
    """It gave no answer: an error, a crash, or a limit."""
    SKIPPED = "skipped"
    """The spec says why it does not work."""
    NOT_RUN = "not run"
    """The hardware or a library is absent."""


class Row(Frozen):
    """One task of one model type on one target in one precision."""

    state: State
    parts: tuple[str, ...] | None = Field(
        default=None, description="the parts of the model that ran there, where it is not the whole model"
    )
    reason: str | None = Field(default=None, description="why this is the state, or why only these parts ran")
    error: float | None = None
    agreement: float | None = None

    def __str__(self) -> str:
        figures = {"error": self.error, "agreement": self.agreement}
        told = "".join(f", {name} {value}" for name, value in figures.items() if value is not None)
        return f"{self.state}{told}{f': {self.reason}' if self.reason else ''}"

    def plain(self) -> dict[str, Any]:
        """As data for YAML or JSON."""
        return self.model_dump(mode="json", exclude_none=True)

    def settled(self, before: Row | None) -> Row:
        """The row to commit where there was one before: that, unless this says something else.

        Where the hardware is absent, what another machine found of it stays.
        """
        if before is None:
            return self
        weaker = {State.NOT_RUN: [*State], State.PLACEMENT_CHECKED: [State.EXECUTED]}.get(self.state, [])
        return before if before.state in weaker or self._is_like(before) else self

    def _is_like(self, before: Row) -> bool:
        same = (self.state, self.reason, self.agreement) == (before.state, before.reason, before.agreement)
        return same and _are_alike(self.error, before.error)


class Matrix(Frozen):
    """The rows of one model type: task → target → precision → row."""

    model_type: Name
    tasks: dict[Name, dict[Name, dict[Name, Row]]] = {}

    def row(self, task: str, target: str, precision: str) -> Row | None:
        return self.tasks.get(task, {}).get(target, {}).get(precision)

    def with_row(self, task: str, target: str, precision: str, row: Row) -> Matrix:
        """The same with a row in its place, all in the order of their names."""
        targets = self.tasks.get(task, {})
        precisions = _sorted({**targets.get(target, {}), precision: row})
        tasks = _sorted({**self.tasks, task: _sorted({**targets, target: precisions})})
        return Matrix(model_type=self.model_type, tasks=tasks)


def load(layout: Layout, model_type: str) -> Matrix:
    """What is recorded of a model type, if anything is; raises `ProblemsFound` with all that is wrong."""
    path = layout.matrix(model_type)
    return validate(Matrix, read(path, layout.root)).value if path.exists() else Matrix(model_type=model_type)


def dump(matrix: Matrix) -> str:
    """The text of the file: the same for the same rows."""
    data = matrix.model_dump(mode="json", exclude_none=True)
    return yaml_text.dump(data, _HEADER.format(model_type=matrix.model_type))


def _sorted(mapping: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(mapping.items()))


def _are_alike(one: float | None, other: float | None) -> bool:
    if not one or not other:
        return one == other
    return abs(math.log(one / other)) < math.log(_ALIKE)
