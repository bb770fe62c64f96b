"""Tells what runs and what came of it, then, in a few lines, what was executed, compared and passed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from doit.exceptions import BaseFail, UnmetDependency
from doit.task import Task

from generator.graph import families, unchanged, verdicts
from generator.graph.console import CONSOLE
from generator.graph.estimate import Estimate

_SHOWN_HELD_UP = 5
_SHOWN_REMINDERS = 10
_LONG = 100
"""From so many tasks on, a line also says how long the rest takes: a log has no live line that would."""


class ProgressReporter:
    """The reporter of `doit run`: a line per task that ran, none for those that had nothing to do."""

    desc = "progress, then a short summary"

    def __init__(self, outstream: IO[str], options: object = None):
        """doit's signature; the console is standard output, shared with the tasks."""
        self._started = time.monotonic()
        self._estimate = Estimate()
        self._running: dict[str, float] = {}
        self._total = 0
        self._done = 0
        self._up_to_date = 0
        self._failures: dict[str, str] = {}
        self._held_up: list[str] = []
        self._validated: dict[str, verdicts.Verdict] = {}
        self._results: list[families.Result] = []

    def initialize(self, tasks: dict[str, Task], selected: list[str]) -> None:
        """Count the tasks that may run; those that turn out to be up to date leave the count."""
        names = [name for name in _reached(tasks, selected) if tasks[name].actions]
        self._total = len(names)
        for name in names:
            self._estimate.add(name)

    def get_status(self, task: Task) -> None:
        """doit looks whether a task has to run."""

    def execute_task(self, task: Task) -> None:
        """doit starts a task, or comes to a group."""
        if task.actions:
            self._running[task.name] = time.monotonic()
            self._show_running()

    def add_success(self, task: Task) -> None:
        if task.actions:
            self._finish(task, CONSOLE.colour("green", "ok"))

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        if isinstance(fail, UnmetDependency):
            self._hold_up(task)
            return
        self._failures[task.name] = _message(task, fail)
        self._finish(task, CONSOLE.colour("red", "FAILED"))
        CONSOLE.note(_indented(self._failures[task.name]))

    def skip_uptodate(self, task: Task) -> None:
        self._up_to_date += 1
        self._drop(task)

    def skip_ignore(self, task: Task) -> None:
        self._drop(task)

    def cleanup_error(self, exception: BaseFail) -> None:
        CONSOLE.note(exception.get_msg())

    def runtime_error(self, message: str) -> None:
        self._failures["doit"] = message

    def teardown_task(self, task: Task) -> None:
        """None of ours has one."""

    def complete_run(self) -> None:
        CONSOLE.live("")
        for line in self._summary():
            CONSOLE.note(line)

    def _hold_up(self, task: Task) -> None:
        if task.actions:
            self._held_up.append(task.name)
            self._drop(task)
            self._note_result(task, None)

    def _drop(self, task: Task) -> None:
        """A task that counted turns out not to run."""
        if task.actions:
            self._total -= 1
            self._estimate.drop(task.name)

    def _finish(self, task: Task, how: str) -> None:
        seconds = time.monotonic() - self._running.pop(task.name, time.monotonic())
        self._done += 1
        self._estimate.end(task.name, seconds)
        count = f"[{self._done:>{len(str(self._total))}}/{self._total}]"
        line = f"{count} {task.name:<32} {seconds:6.1f} s  {how}{self._verdict(task)}"
        estimate = f" {self._estimate}" if self._total >= _LONG and not CONSOLE.is_terminal else ""
        CONSOLE.note(line + CONSOLE.colour("dim", _reason(task) + estimate))
        self._show_running()

    def _verdict(self, task: Task) -> str:
        if not task.name.startswith("validate:"):
            return ""
        found = self._validated[task.name] = verdicts.read(Path(task.targets[0]))
        self._note_result(task, found)
        return f"  {found}"

    def _note_result(self, task: Task, verdict: verdicts.Verdict | None) -> None:
        if task.name.startswith("validate:"):
            self._results.append(families.Result((task.meta or {}).get("family") or "no family", verdict))

    def _show_running(self) -> None:
        names = ", ".join(sorted(self._running))
        text = f"[{self._done}/{self._total}]{self._estimate} {names}" if names else ""
        CONSOLE.live(text)

    def _summary(self) -> list[str]:
        reminders = CONSOLE.take_reminders()
        lines = reminders[:_SHOWN_REMINDERS]
        if len(reminders) > _SHOWN_REMINDERS:
            lines.append(f"and {len(reminders) - _SHOWN_REMINDERS} more such files")
        if not self._total and not self._failures:
            return [*lines, unchanged.NOTHING_TO_DO]
        seconds = time.monotonic() - self._started
        skipped = f", {self._up_to_date} up to date" if self._up_to_date else ""
        tasks = "task" if self._done == 1 else "tasks"
        lines.append(f"{self._done} {tasks} executed{skipped}, in {seconds:.1f} s")
        return [*lines, *families.table(self._results), *self._validation(), *self._trouble()]

    def _validation(self) -> list[str]:
        found = list(self._validated.values())
        if not found:
            return []
        passed = sum(1 for verdict in found if verdict.status == "passed")
        absent = Counter(str(verdict.message) for verdict in found if verdict.status == "not_run")
        counts = {
            "cases passed": sum(v.passed for v in found),
            "failed": sum(v.failed for v in found),
            "skipped": sum(v.skipped for v in found),
            "not run": sum(v.not_run for v in found),
            "values compared": sum(v.compared for v in found),
        }
        shown = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        lines = [f"{passed} of {len(found)} models passed: {shown or 'no cases'}"]
        return [*lines, *(f"{count} not run: {why}" for why, count in sorted(absent.items()))]

    def _trouble(self) -> list[str]:
        failed = CONSOLE.colour("red", "failed")
        lines = [f"{failed}: {_alone(name, message)}" for name, message in self._failures.items()]
        if self._held_up:
            more = len(self._held_up) - _SHOWN_HELD_UP
            names = ", ".join(self._held_up[:_SHOWN_HELD_UP]) + (f" and {more} more" if more > 0 else "")
            lines.append(f"not run, because of a failure above: {names}")
        return lines


def _reached(tasks: dict[str, Task], selected: Iterable[str]) -> set[str]:
    """The selected tasks and all that they depend on."""
    seen: set[str] = set()
    todo = list(selected)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(tasks[name].task_dep)
    return seen


def _reason(task: Task) -> str:
    reason = ((task.meta or {}).get("reasons") or {}).get(task.name)
    return f"  ({reason})" if reason else ""


def _message(task: Task, fail: BaseFail) -> str:
    """What went wrong. Of an unexpected error the last line, and where the traceback is."""
    if not fail.traceback:
        return fail.message.strip()
    log = Path(".cache", "logs", f"{task.name.replace(':', '-')}.log")
    what = f"{fail.traceback[-1].strip()} (unexpected"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(fail.traceback))
    except OSError as error:  # a full disk may well be what is wrong
        return f"{what}; its traceback could not be written to {log}: {error.strerror})"
    return f"{what}; the traceback is in {log})"


def _alone(name: str, message: str) -> str:
    """The first line of what went wrong, with the command for this task alone unless it has one."""
    line = f"{name}: {message.splitlines()[0]}"
    return line if "run it alone" in line else f"{line}; run it alone: doit {name}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
