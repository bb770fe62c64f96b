"""Judges mutants: each goes through the generated test of its type, as a validation does."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from generator.execution.jobs import JobResult, Outcome
from generator.execution.pool import Pool
from generator.graph.steps import StepFailed
from generator.naming import Layout
from generator.publish import encode, publish
from generator.specs import catalogue
from generator.vacuity.mutants import Mutant, mutants, sample
from generator.validation import libraries
from generator.validation.run import job, trouble_of, was_stopped

SECONDS = 60.0
"""Of one mutant, which may never end: a test of a single task takes less than a second."""
_STOP = ("--maxfail", "1")


class Status(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    NOT_JUDGED = "not judged"
    """The skillset itself does not pass the test, or a library is absent."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    name: str
    operator: str
    file: str
    line: int
    before: str
    after: str
    status: Status
    judged: bool
    """Whether it gave an answer, and that was found wrong; otherwise it raised, or gave none."""
    reason: str
    """The test that killed it; or why it was not judged."""
    command: str
    """Runs it alone."""


def run(layout: Layout, model_type: str, pool: Pool, report: Callable[[str], None]) -> None:
    """Judge every mutant of a type's skillset; what came of them is kept under `.cache/vacuity/`.

    Raises `StepFailed` if the run was stopped; then what was kept before stays.
    """
    verdicts = judge(layout, model_type, pool)
    told = {"model_type": model_type, "mutants": [asdict(each) for each in verdicts]}
    path = layout.vacuity(model_type)
    path.parent.mkdir(parents=True, exist_ok=True)
    publish({path: encode(json.dumps(told, indent=1) + "\n")}, layout)
    counts = Counter(verdict.status for verdict in verdicts)
    report(f"{counts[Status.KILLED]} of {len(verdicts)} mutants killed, {counts[Status.SURVIVED]} survived")


def judge(
    layout: Layout, model_type: str, pool: Pool, count: int | None = None, seed: int = 0
) -> list[Verdict]:
    """What becomes of the mutants of a type, or of so many of them."""
    spec = catalogue.load_model(layout, model_type)
    made = mutants(layout.skillset(model_type).read_text(encoding="utf-8"), tuple(spec.heads.values()))
    judged = _Judge(layout, model_type, pool)
    with ThreadPoolExecutor(pool.workers) as threads:
        return list(threads.map(judged.verdict, sample(made, len(made) if count is None else count, seed)))


class _Judge:
    """Judges the mutants of one type."""

    def __init__(self, layout: Layout, model_type: str, pool: Pool):
        self._layout, self._model_type, self._pool = layout, model_type, pool
        self._why_not = lru_cache(maxsize=None)(self._look_unchanged)

    def verdict(self, mutant: Mutant) -> Verdict:
        """What becomes of one; the file of a survivor is kept, to be run again by hand."""
        if why_not := self._why_not(_options(mutant)):
            return self._told(mutant, Status.NOT_JUDGED, False, why_not)
        with TemporaryDirectory() as folder:
            file = Path(folder, self._layout.skillset(self._model_type).name)
            file.write_text(mutant.text, encoding="utf-8")
            result = self._result(*_options(mutant), "--skillset", str(file), *_STOP)
        if trouble_of(result) is not None:
            return self._told(mutant, Status.KILLED, *_killer(result))
        self._keep(mutant)
        return self._told(mutant, Status.SURVIVED, False, "")

    def _look_unchanged(self, options: Sequence[str]) -> str | None:
        """Why nobody can tell anything of a mutant: the skillset itself fails this test, or is not run."""
        result = self._result(*options)
        if trouble := trouble_of(result):
            return f"the skillset itself does not pass: {trouble.splitlines()[0]}"
        return libraries.reason(result.value["missing"]) if result.value["missing"] else None

    def _result(self, *options: str) -> JobResult:
        result = self._pool.run(replace(job(self._layout, self._model_type, *options), seconds=SECONDS))
        if was_stopped(result):
            raise StepFailed(result.message)
        return result

    def _keep(self, mutant: Mutant) -> None:
        file = self._file(mutant)
        file.parent.mkdir(parents=True, exist_ok=True)
        publish({file: encode(mutant.text)}, self._layout)

    def _file(self, mutant: Mutant) -> Path:
        """Where a survivor is kept."""
        folder = self._layout.vacuity(self._model_type).with_suffix("")
        return folder / mutant.name / self._layout.skillset(self._model_type).name

    def _told(self, mutant: Mutant, status: Status, judged: bool, reason: str) -> Verdict:
        root = self._layout.root
        test = self._layout.test(self._model_type).relative_to(root)
        file = self._file(mutant).relative_to(root)
        return Verdict(
            mutant.name,
            mutant.operator,
            self._layout.skillset(self._model_type).relative_to(root).as_posix(),
            mutant.line,
            mutant.before,
            mutant.after,
            status,
            judged,
            reason,
            shlex.join(["pytest", str(test), *_options(mutant), "--skillset", str(file)]),
        )


def _options(mutant: Mutant) -> tuple[str, ...]:
    """Only the task that the mistake is in is tested: no other can tell of it."""
    task = ("--task", mutant.task) if mutant.task else ()
    return ("--target", "skillset", *mutant.options, *task)


def _killer(result: JobResult) -> tuple[bool, str]:
    """Whether an answer was judged, and the first test that failed."""
    if result.outcome is not Outcome.FINISHED:
        return False, str(result.outcome)
    name = next(name for name, outcome in result.value["outcomes"].items() if outcome == "failed")
    return name not in result.value["raised"], name
