"""doit's `run` and `list`, with the holes closed that its plugins can close (`[tool.doit.plugins.command]`).

`run`: one run at a time in a checkout, threads instead of worker processes, a clean end on SIGINT and SIGTERM, tasks made
only for models that have something to do. `list`: the top tasks, not a line for each model.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from doit import cmd_list, cmd_run
from doit.cmd_base import DodoTaskLoader, TaskLoader2

from generator.errors import EXIT_BAD_INPUT, print_problems
from generator.graph import selection
from generator.graph.build import Build
from generator.graph.console import CONSOLE
from generator.graph.lock import run_lock
from generator.graph.reporter import ProgressReporter

EXIT_INTERRUPTED = 130


class MemoryBackend:
    """doit's own state, which lives as long as the run: what was done is in the journal."""

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


class Loader(DodoTaskLoader):
    """Loads dodo.py, and has its build choose the models to make tasks for."""

    def __init__(self, original: TaskLoader2):
        super().__init__()
        self.cmd_names = original.cmd_names
        self.config = original.config

    @property
    def build(self) -> Build | None:
        return (self.namespace or {}).get("BUILD")

    def load_tasks(self, cmd: Any, pos_args: list[str]) -> list[Any]:
        if self.build is not None:
            cmd.choose(self.build, pos_args)
        return super().load_tasks(cmd, pos_args)


class _InMemory:
    """What both commands share. Looking for plugins takes doit milliseconds, and here there are none."""

    def __init__(self, task_loader: TaskLoader2, **kwargs: Any):
        super().__init__(task_loader=Loader(task_loader), **kwargs)

    def get_backends(self) -> dict[str, type]:
        return {"dbm": MemoryBackend}


class Run(_InMemory, cmd_run.Run):
    """`doit` and `doit run`."""

    cmd_options = tuple(
        {**option, **{"continue": {"default": True}, "par_type": {"default": "thread"}, "reporter": {"default": "progress"}}.get(option["name"], {})}
        for option in cmd_run.Run.cmd_options
    )

    def get_reporters(self) -> dict[str, type]:
        from doit import reporter

        return {
            "progress": ProgressReporter,
            "console": reporter.ConsoleReporter,
            "json": reporter.JsonReporter,
            "zero": reporter.ZeroReporter,
            "error-only": reporter.ErrorOnlyReporter,
        }

    def choose(self, build: Build, words: list[str]) -> None:
        build.workers = max(1, self._workers)
        build.choose(words)

    def execute(self, params: dict[str, Any], args: list[str]) -> int:
        """Run; 130 after an interrupt, and never 0 when a spec has problems."""
        self._workers = params["num_process"]
        state = Path(params["dodoFile"]).absolute().parent / ".cache" / "run.lock"
        with _terminated_like_interrupted(), run_lock(state, CONSOLE.note):
            try:
                return self._with_problems(super().execute(params, args))
            except KeyboardInterrupt:
                CONSOLE.note("interrupted; what was finished is kept, the next run goes on from there")
                return EXIT_INTERRUPTED
            except selection.UnknownTask as unknown:
                print(unknown, file=sys.stderr)
                return EXIT_BAD_INPUT
            finally:
                if self.loader.build is not None:
                    self.loader.build.close()

    def _with_problems(self, code: int) -> int:
        build = self.loader.build
        if build is None or not build.models.problems:
            return code
        print_problems(build.models.problems)
        return code or EXIT_BAD_INPUT


class List(_InMemory, cmd_list.List):
    """`doit list`."""

    def choose(self, build: Build, words: list[str]) -> None:
        if not words:
            build.choose_none()


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
