"""Tells what runs, what came of it, and, at the end, in a few lines, what was executed, compared and passed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import IO, Any

from doit.exceptions import BaseFail, UnmetDependency
from doit.task import Task

from generator.graph import verdicts
from generator.graph.console import CONSOLE


class ProgressReporter:
    """The reporter of `doit run`: one line per task that ran, none for those that had nothing to do."""

    desc = "progress, then a short summary"

    def __init__(self, outstream: IO[str], options: object = None):
        self._started = time.monotonic()
        self._running: dict[str, float] = {}
        self._done = 0
        self._skipped = 0
        self._total = 0
        self._failures: list[tuple[str, str]] = []
        self._held_up: list[str] = []
        self._validated: dict[str, verdicts.Verdict] = {}

    def initialize(self, tasks: dict[str, Task], selected: list[str]) -> None:
        """Count the tasks that may run; those that turn out to be up to date leave the count."""
        self._total = len(_with_actions(tasks, selected))

    def get_status(self, task: Task) -> None:
        """doit looks whether a task has to run."""

    def execute_task(self, task: Task) -> None:
        if task.actions:
            self._running[task.name] = time.monotonic()
            self._show_running()

    def add_success(self, task: Task) -> None:
        if task.actions:
            self._finish(task, CONSOLE.colour("green", "ok"))

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        if isinstance(fail, UnmetDependency):
            self._held_up.append(task.name)
            self._total -= 1
            return
        message = _message(fail)
        self._failures.append((task.name, message))
        self._finish(task, CONSOLE.colour("red", "FAILED"))
        CONSOLE.note(_indented(message))

    def skip_uptodate(self, task: Task) -> None:
        self._skipped += 1
        self._total -= 1

    def skip_ignore(self, task: Task) -> None:
        self._total -= 1

    def cleanup_error(self, exception: BaseFail) -> None:
        CONSOLE.note(exception.get_msg())

    def runtime_error(self, message: str) -> None:
        self._failures.append(("doit", message))

    def teardown_task(self, task: Task) -> None:
        """None of ours has one."""

    def complete_run(self) -> None:
        CONSOLE.live("")
        for line in self._summary():
            CONSOLE.note(line)

    def _finish(self, task: Task, how: str) -> None:
        seconds = time.monotonic() - self._running.pop(task.name, time.monotonic())
        self._done += 1
        detail = self._verdict(task)
        width = len(str(self._total))
        count = f"[{self._done:>{width}}/{self._total}]"
        CONSOLE.note(f"{count} {task.name:<32} {seconds:6.1f} s  {how}{detail}")
        self._show_running()

    def _verdict(self, task: Task) -> str:
        if not task.name.startswith("validate:"):
            return ""
        found = self._validated[task.name] = verdicts.read(Path(task.targets[0]))
        return f"  {found}"

    def _show_running(self) -> None:
        names = ", ".join(sorted(self._running))
        CONSOLE.live(CONSOLE.colour("dim", f"[{self._done}/{self._total}] {names}") if names else "")

    def _summary(self) -> list[str]:
        lines = CONSOLE.take_reminders()
        if not self._done and not self._failures:
            return [*lines, "nothing to do: everything is up to date"]
        seconds = time.monotonic() - self._started
        skipped = f", {self._skipped} up to date" if self._skipped else ""
        lines.append(f"{self._done} tasks executed{skipped}, in {seconds:.1f} s")
        lines += self._validation()
        lines += [f"{CONSOLE.colour('red', 'failed')}: {line}" for line in map(_alone, self._failures)]
        if self._held_up:
            lines.append(f"not run, because of the above: {', '.join(self._held_up)}")
        return lines

    def _validation(self) -> list[str]:
        found = self._validated.values()
        if not found:
            return []
        passed = sum(1 for verdict in found if verdict.status == "passed")
        counts = {
            "cases passed": sum(v.passed for v in found),
            "failed": sum(v.failed for v in found),
            "skipped": sum(v.skipped for v in found),
            "not run": sum(v.not_run for v in found),
            "values compared": sum(v.compared for v in found),
        }
        shown = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        return [f"{passed} of {len(found)} models passed: {shown or 'no cases'}"]


def _with_actions(tasks: dict[str, Task], selected: list[str]) -> set[str]:
    seen: set[str] = set()
    todo = list(selected)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(tasks[name].task_dep)
    return {name for name in seen if tasks[name].actions}


def _message(fail: BaseFail) -> str:
    """What went wrong; of an unexpected error, doit has the traceback."""
    return fail.get_msg().strip()


def _alone(failure: tuple[str, str]) -> str:
    name, message = failure
    return f"{name}: {message.splitlines()[0]}; run it alone: doit {name}"


def _indented(text: Any) -> str:
    return "\n".join(f"    {line}" for line in str(text).splitlines())
