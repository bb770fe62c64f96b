"""The results of the last validations on this machine, as a page to filter and as data to read."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generator import naming, pages
from generator.naming import Layout
from generator.publish import encode, publish
from generator.specs import catalogue, index
from generator.specs.index import ModelEntry

STATUSES = ("passed", "failed", "skipped", "not run")
_EVERY_TASK = "every task"


@dataclass(frozen=True)
class Row:
    """One task of one model: what its cases came to, and why where they did not pass."""

    model: str
    family: str
    task: str
    status: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    not_run: int = 0
    seconds: float | None = None
    """What one request took, at the median."""
    reasons: tuple[str, ...] = ()

    @property
    def cases(self) -> int:
        return self.passed + self.failed + self.skipped + self.not_run


@dataclass(frozen=True)
class Summary:
    """The models, tasks and cases of a family, counted by status."""

    family: str
    models: dict[str, int]
    tasks: dict[str, int]
    cases: dict[str, int]


@dataclass(frozen=True)
class Environment:
    """Libraries with their versions, and how many models' results came from them."""

    libraries: dict[str, str]
    models: int


@dataclass(frozen=True)
class Report:
    """Everything that the page shows."""

    rows: tuple[Row, ...]
    families: tuple[Summary, ...]
    environments: tuple[Environment, ...]
    problems: tuple[str, ...]
    names: dict[str, dict[str, str | None]]
    """Names that are no model type of their own: what serves them, and why."""


def write(layout: Layout) -> tuple[Path, ...]:
    """Write `.cache/report.html` and `.json`; returns their paths below the root."""
    report = collect(layout)
    context = {"report": report, "statuses": STATUSES, "totals": _summary("all", report.rows)}
    files = {
        layout.report: encode(pages.render(layout.templates, layout.report.name, context)),
        layout.report.with_suffix(".json"): encode(json.dumps(asdict(report), indent=1) + "\n"),
    }
    publish(files, layout)
    return tuple(path.relative_to(layout.root) for path in files)


def collect(layout: Layout) -> Report:
    """Read the verdicts, as many as there are, and the specs that they are about."""
    found = index.read(layout)
    verdicts = {name: _read(layout.verdict(name)) for name in found.models}
    rows = tuple(row for name, entry in sorted(found.models.items()) for row in _rows(entry, verdicts[name]))
    aliases = catalogue.load_aliases(layout).items()
    return Report(
        rows=rows,
        families=tuple(_summaries(rows)),
        environments=tuple(_environments(verdicts.values())),
        problems=tuple(str(problem) for problem in found.problems),
        names={name: alias.model_dump() for name, alias in aliases},
    )


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _rows(entry: ModelEntry, verdict: Mapping[str, Any] | None) -> Iterator[Row]:
    """A row for each task, and one for the cases that are about no single task."""
    for task, reason in entry.withheld.items():
        yield Row(entry.model_type, entry.family, task, "not run", reasons=(reason,))
    if not entry.tasks:
        return
    if verdict is None:
        reason = f"not validated here; run it: doit validate:{entry.model_type}"
        for task in entry.tasks:
            yield Row(entry.model_type, entry.family, task, "not run", reasons=(reason,))
        return
    cases: dict[str, dict[str, str]] = {task: {} for task in entry.tasks}
    for name, outcome in verdict["outcomes"].items():
        cases.setdefault(_task_of(name, entry.tasks), {})[name] = outcome
    for task, outcomes in cases.items():
        yield _row(entry, task, outcomes, verdict)


def _row(entry: ModelEntry, task: str, outcomes: Mapping[str, str], verdict: Mapping[str, Any]) -> Row:
    counts = Counter(outcomes.values())
    told = {name: verdict["reasons"].get(name) for name in outcomes}
    reasons = [_shortened(name, reason, outcomes[name]) for name, reason in told.items() if reason]
    if verdict["message"] and not reasons and counts["passed"] < max(1, len(outcomes)):
        reasons = [verdict["message"].splitlines()[0]]
    cost = verdict["costs"].get(task)
    return Row(
        entry.model_type,
        entry.family,
        task,
        _status(counts, verdict["status"]),
        *(counts[name] for name in ("passed", "failed", "skipped", "not_run")),
        seconds=cost["seconds"] if cost else None,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _status(counts: Mapping[str, int], of_model: str) -> str:
    """The worst that happened. Without a case nothing was run, unless the whole run came to nothing."""
    for outcome in ("failed", "passed", "skipped", "not_run"):
        if counts[outcome]:
            return outcome.replace("_", " ")
    return "failed" if of_model == "failed" else "not run"


def _shortened(name: str, reason: str, outcome: str) -> str:
    """The declared reason; of a failure, its case and last line."""
    lines = [line for line in reason.splitlines() if line.strip()] or ["no reason given"]
    return reason if outcome == "not_run" else f"{name.rpartition('::')[2]}: {lines[-1].strip()}"


def _task_of(test: str, tasks: Iterable[str]) -> str:
    """`test_x[fill-mask]`, or a class that is named after the task: `TestFillMask::test_x`."""
    owner, _, name = test.rpartition("::")
    named = [task for task in tasks if f"[{task}]" in name or owner.endswith(naming.handler_class(task))]
    return max(named, key=len, default=_EVERY_TASK)


def _summaries(rows: Iterable[Row]) -> Iterator[Summary]:
    by_family: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_family[row.family].append(row)
    for family, members in sorted(by_family.items()):
        yield _summary(family, members)


def _summary(family: str, rows: Iterable[Row]) -> Summary:
    by_model: dict[str, Counter[str]] = defaultdict(Counter)
    tasks: Counter[str] = Counter()
    cases: Counter[str] = Counter()
    for row in rows:
        by_model[row.model][row.status] += 1
        tasks[row.status] += row.task != _EVERY_TASK
        cases += Counter({s: getattr(row, s.replace(" ", "_")) for s in STATUSES})
    worst = ("failed", "passed", "skipped", "not run")
    models = Counter(next(s for s in worst if found[s]) for found in by_model.values())
    return Summary(family, *({s: counted[s] for s in STATUSES} for counted in (models, tasks, cases)))


def _environments(verdicts: Iterable[Mapping[str, Any] | None]) -> Iterator[Environment]:
    found = Counter(json.dumps(verdict["environment"], sort_keys=True) for verdict in verdicts if verdict)
    for libraries, models in found.most_common():
        yield Environment(json.loads(libraries), models)
