"""One cell of the matrix: the generated test of a model type on one hardware target in one precision."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from generator.execution.jobs import JobResult, Outcome
from generator.execution.pool import Pool
from generator.graph.steps import StepFailed
from generator.naming import Layout
from generator.publish import encode, publish
from generator.specs import catalogue
from generator.specs.schema import Absent, Engine, Hardware, ModelSpec
from generator.validation import libraries, matrix, requirements
from generator.validation.matrix import Row, State
from generator.validation.plugin import NOT_CHOSEN
from generator.validation.run import job, was_stopped
from generator.views import served
from skillset_runtime.accuracy import Accuracy, worst
from skillset_runtime.detection import Target, detect

SECONDS = 900.0
MEMORY_BYTES = 8 * 2**30
"""Of one run: an exporter holds a model several times over."""
_FLOATS = frozenset({"float32", "bfloat16", "float16"})
_LONGEST = 160
_SPACE = re.compile(r"\s+")
_WRITING = threading.Lock()


@dataclass(frozen=True)
class Cell:
    """What is run."""

    spec: ModelSpec
    hardware: Hardware
    precision: str
    task: str

    @classmethod
    def of(cls, layout: Layout, model_type: str, target: str, precision: str) -> Cell:
        """Of the task that a skillset answers where none is named: not its type's, where that is withheld."""
        spec, hardware = catalogue.load_model(layout, model_type), catalogue.load_hardware(layout, target)
        required = requirements.load(layout.requirements(model_type), layout.root).tasks
        return cls(spec, hardware, precision, served(spec, required)[0])


def run(
    layout: Layout,
    model_type: str,
    target: str,
    precision: str,
    pool: Pool,
    report: Callable[[str], None],
) -> None:
    """Run the test of a skillset's first task, and record what it came to, whatever it is.

    Raises `StepFailed` if it did not come to its end because the run was stopped.
    """
    cell = Cell.of(layout, model_type, target, precision)
    if row := _declared(cell):
        figures = {}
    else:
        result = pool.run(_job(layout, cell))
        if was_stopped(result):
            raise StepFailed(result.message)
        row, figures = row_of(cell, result), _figures(result)
    told = {**row.plain(), "task": cell.task, "environment": libraries.environment(), **figures}
    path = layout.cell(model_type, target, precision)
    path.parent.mkdir(parents=True, exist_ok=True)
    publish({path: encode(json.dumps(told, indent=1) + "\n")}, layout)
    _record(layout, cell, row)
    report(str(row))


def _record(layout: Layout, cell: Cell, row: Row) -> None:
    where = (cell.task, cell.hardware.name, cell.precision)
    path = layout.matrix(cell.spec.model_type)
    with _WRITING:
        before = matrix.load(layout, cell.spec.model_type)
        after = before.with_row(*where, row.settled(before.row(*where)))
        path.parent.mkdir(parents=True, exist_ok=True)
        publish({path: encode(matrix.dump(after))}, layout)


def _declared(cell: Cell) -> Row | None:
    """What is known without running anything."""
    if reason := cell.spec.unsupported.get(cell.hardware.name):
        return Row(state=State.SKIPPED, reason=" ".join(reason.split()))
    found = _detected(cell.hardware.name)
    if not found.available and cell.hardware.absent is not Absent.PLACEMENT_CHECKED:
        return Row(state=State.NOT_RUN, reason=found.reason)
    if found.available and cell.precision in _FLOATS - set(found.precisions):
        reason = f"{found.devices[0].id} does not compute in {cell.precision}"
        return Row(state=State.NOT_RUN, reason=reason)
    return None


@cache
def _detected(target: str) -> Target:
    """What this machine has of a target; looked at once in a run of doit."""
    return detect([target])[0]


def _job(layout: Layout, cell: Cell) -> Any:
    options = ["--target", "skillset", "--hardware", cell.hardware.name, "--precision", cell.precision]
    if not _detected(cell.hardware.name).available:
        options.append("--placement")
    found = job(layout, cell.spec.model_type, *options, "--task", cell.task)
    return replace(found, seconds=SECONDS, memory_bytes=MEMORY_BYTES)


def row_of(cell: Cell, result: JobResult) -> Row:
    """What a run came to."""
    if result.outcome is not Outcome.FINISHED:
        return Row(state=State.FAILED, reason=_line(result.message.partition("; run it alone")[0]))
    record = result.value
    if record["missing"]:
        return Row(state=State.NOT_RUN, reason=libraries.reason(record["missing"]))
    if reason := record["not_opened"].get(cell.task):
        return Row(state=_refusal(cell, record), reason=_line(reason))
    figures = _accuracy(record)
    failed = [name for name, outcome in record["outcomes"].items() if outcome == "failed"]
    if failed:
        raised = [name for name in failed if name in record["raised"]]
        name = (raised or failed)[0]
        reason = f"{name.partition('[')[0]}: {_line(record['reasons'][name])}"
        return Row(state=State.FAILED if raised else State.WRONG, reason=reason, **figures)
    details = record["details"][cell.task]
    return Row(state=_state(details, record), **figures, **_parts(details))


def _refusal(cell: Cell, record: Mapping[str, Any]) -> State:
    """What it is that a skillset does not load."""
    if cell.task in record["lacking"]:
        return State.NOT_RUN
    return State.FAILED if cell.hardware.engine is Engine.TORCH else State.EXPORT_FAILED


def _state(details: Mapping[str, str], record: Mapping[str, Any]) -> State:
    if record["placement_checked"]:
        return State.PLACEMENT_CHECKED
    return State.SIMULATED if details["implementation_type"] == "SIMULATED" else State.EXECUTED


def _parts(details: Mapping[str, Any]) -> dict[str, Any]:
    """Which parts of an exported model ran as programs, where not all could be exported, and why."""
    failures = details.get("in_torch")
    if not failures:
        return {}
    part, why = next(iter(failures.items()))
    return {"parts": tuple(details["parts"]), "reason": f"{part}: {_line(why)}"}


def _accuracy(record: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a run, rounded."""
    found = worst(Accuracy(**each) for each in record["accuracy"].values())
    figures = {}
    if found.error is not None:
        figures["error"] = float(f"{found.error:.1g}")
    if found.agreement is not None:
        figures["agreement"] = round(found.agreement, 2)
    return figures


def _figures(result: JobResult) -> dict[str, Any]:
    """What is of this machine alone."""
    record = result.value if result.outcome is Outcome.FINISHED else {}
    tests = {
        name: outcome
        for name, outcome in record.get("outcomes", {}).items()
        if record["reasons"].get(name) != NOT_CHOSEN
    }
    return {
        "seconds": round(result.wall_s, 3),
        "cpu_seconds": round(result.cpu_s, 3),
        "peak_rss_bytes": result.peak_rss_bytes,
        "costs": record.get("costs", {}),
        "details": record.get("details", {}),
        "outcomes": tests,
        "reasons": {name: record["reasons"][name] for name in tests if name in record["reasons"]},
        "output": "" if record else result.output[-2000:],
    }


def _line(text: str) -> str:
    """The line of a message, or of pytest's account of a failure, that says why, cut for a table."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()] or ["no reason given"]
    return _SPACE.sub(" ", _said(lines))[:_LONGEST]


def _said(lines: list[str]) -> str:
    """The first line of the last error that pytest marks; else the last line of all."""
    marked = [index for index, line in enumerate(lines) if line.startswith("E ")]
    first = [index for index in marked if index - 1 not in marked]
    return lines[first[-1]].removeprefix("E ").strip() if first else lines[-1].strip()
