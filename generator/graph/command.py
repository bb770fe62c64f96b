"""doit's `run`, `list` and `forget` for this graph (`[tool.doit.plugins.command]` in pyproject.toml).

`run`: one run at a time in a checkout; threads, as a worker process that dies would hang doit; a clean end on
SIGINT and SIGTERM; tasks made only for models that have something to do. `list`: the top tasks, not a line
for each model. `forget`: in the journal.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit import cmd_forget, cmd_list, cmd_run, reporter
from doit.cmd_base import DodoTaskLoader, TaskLoader2
from doit.exceptions import InvalidCommand

from generator.errors import EXIT_BAD_INPUT, EXIT_CLEAN, ProblemsFound, did_you_mean, print_problems
from generator.graph import unchanged
from generator.graph.backend import MemoryBackend
from generator.graph.console import CONSOLE
from generator.graph.lock import run_lock
from generator.graph.reporter import ProgressReporter

if TYPE_CHECKING:  # dodo.py imports it, where there is more to do than to see that there is nothing
    from generator.graph.build import Build

EXIT_INTERRUPTED = 130
_DISK_TROUBLE = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}
_DRY_RUN = {
    "name": "dry_run",
    "long": "dry-run",
    "type": bool,
    "default": False,
    "help": "say what would run and why, and run nothing",
}
_DEFAULTS = {"continue": True, "par_type": "thread", "reporter": "progress"}


class Loader(DodoTaskLoader):
    """Loads dodo.py, and tells its build what is asked for before any task is made."""

    def __init__(self, original: TaskLoader2, prepare: Callable[[Build, list[str]], None]):
        super().__init__()
        self.cmd_names = original.cmd_names
        self.config = original.config
        self._prepare = prepare

    @property
    def build(self) -> Build | None:
        """The `BUILD` of dodo.py, once that is loaded."""
        return (self.namespace or {}).get("BUILD")

    def load_tasks(self, cmd: Any, pos_args: list[str]) -> list[Any]:
        if self.build is not None:
            self._prepare(self.build, pos_args)
        return super().load_tasks(cmd, pos_args)


class _OfBuild:
    """What the commands share. doit's search for plugins takes milliseconds, and here there are none."""

    def __init__(self, task_loader: TaskLoader2, **kwargs: Any):
        super().__init__(task_loader=Loader(task_loader, self.prepare), **kwargs)

    def get_backends(self) -> dict[str, type]:
        return {"dbm": MemoryBackend}

    def prepare(self, build: Build, words: list[str]) -> None:
        """All tasks of all models, unless a command knows better."""


class Run(_OfBuild, cmd_run.Run):
    """`doit` and `doit run`."""

    cmd_options = (
        _DRY_RUN,
        *(
            {**option, "default": _DEFAULTS.get(option["name"], option["default"])}
            for option in cmd_run.Run.cmd_options
        ),
    )

    def get_reporters(self) -> dict[str, type]:
        return {
            "progress": ProgressReporter,
            "console": reporter.ConsoleReporter,
            "json": reporter.JsonReporter,
            "zero": reporter.ZeroReporter,
            "error-only": reporter.ErrorOnlyReporter,
        }

    def execute(self, params: dict[str, Any], args: list[str]) -> int:
        """Run; 130 after an interrupt, and never 0 where a spec has problems."""
        root = Path(params["dodoFile"]).absolute().parent
        if params["dry_run"]:
            return _forecast(Path(params["dodoFile"]).absolute(), args, always=params["always"])
        if _is_plain(params) and unchanged.is_clean(str(root), args):
            CONSOLE.note(unchanged.NOTHING_TO_DO)
            return EXIT_CLEAN
        self._workers, self._always = max(1, params["num_process"]), params["always"]
        with _terminated_like_interrupted(), run_lock(root / ".cache" / "run.lock", CONSOLE.note):
            try:
                return self._explained(super().execute(params, args))
            except KeyboardInterrupt:
                CONSOLE.note("interrupted: what was finished is kept, and the next run goes on from there")
                return EXIT_INTERRUPTED
            except InvalidCommand as error:
                return self._unknown(error)
            finally:
                if self.loader.build is not None:
                    self.loader.build.close()

    def parse_execute(self, in_args: list[str]) -> int:
        """A disk that is full or cannot be written to is a message; what was finished is kept."""
        try:
            return super().parse_execute(in_args)
        except OSError as error:
            if error.errno not in _DISK_TROUBLE:
                raise
            print(f"{error.filename or 'the disk'}: {error.strerror}", file=sys.stderr)
            return EXIT_BAD_INPUT

    def prepare(self, build: Build, words: list[str]) -> None:
        build.workers = self._workers
        build.choose(words, always=self._always)
        for word in words:
            if "*" in word and not any(fnmatch(name, word) for name in self._names(build)):
                raise InvalidCommand(not_found=word)

    def _explained(self, code: int) -> int:
        """Tell what is wrong with or around the specs beside what the tasks told."""
        build = self.loader.build
        if build is None:
            return code
        if orphans := build.orphans():
            CONSOLE.note(f"{len(orphans)} generated files belong to no spec; to list them: doit prune")
        print_problems(build.models.problems)
        return code or (EXIT_BAD_INPUT if build.models.problems else EXIT_CLEAN)

    def _unknown(self, error: InvalidCommand) -> int:
        word, build = error.not_found, self.loader.build
        if word is None or build is None:
            raise error
        hint = did_you_mean(word, self._names(build)) or "`doit list` shows what there is"
        print(
            f'unknown task "{word}"; {_alias(build, word) or _withheld(build, word) or hint}', file=sys.stderr
        )
        return EXIT_BAD_INPUT

    @staticmethod
    def _names(build: Build) -> list[str]:
        specs = [f"specs:{name}" for name in {*build.models.by_name, *build.derivable}]
        return [*build.task_names(), "models", "report", "results", "schemas", "specs", *specs]


class List(_OfBuild, cmd_list.List):
    """`doit list`."""

    def execute(self, params: dict[str, Any], args: list[str]) -> int:
        """List; a reader like `head`, which has seen enough, is no error."""
        self._shows_models = bool(args) or params["subtasks"]
        try:
            code = self._listed(params, args)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = EXIT_CLEAN
        return code

    def _listed(self, params: dict[str, Any], args: list[str]) -> int:
        """List; what is wrong with the specs is told after it, and is no failure to list."""
        code = super().execute(params, args)
        if self.loader.build is not None:
            models = self.loader.build.models
            broken = [problem for model in models.by_name.values() for problem in model.problems]
            print_problems([*models.problems, *broken])
        return code

    def prepare(self, build: Build, words: list[str]) -> None:
        if not self._shows_models:
            build.choose_none()


class Forget(_OfBuild, cmd_forget.Forget):
    """`doit forget`: have tasks run again, or all tasks of a model."""

    def execute(self, params: dict[str, Any], args: list[str]) -> int | None:
        root = Path(params["dodoFile"]).absolute().parent
        with run_lock(root / ".cache" / "run.lock", CONSOLE.note):
            return super().execute(params, args)

    def prepare(self, build: Build, words: list[str]) -> None:
        self.dep_manager.remove = build.forget
        self.dep_manager.remove_all = build.journal.forget_all


def _forecast(dodo: Path, words: list[str], *, always: bool) -> int:
    """As the command `why`, and with doit's other options."""
    from generator.graph.checkout import load_build
    from generator.graph.forecast import forecast
    from generator.graph.told import exit_code, told

    try:
        found = forecast(load_build(dodo), words, always=always)
    except ProblemsFound as problems:
        print_problems(problems.problems)
        return EXIT_BAD_INPUT
    for line in told(found):
        CONSOLE.note(line)
    return exit_code(found)


def _alias(build: Build, word: str) -> str | None:
    """What a name that is no model type stands for, if the specs know."""
    from generator.specs import catalogue  # brings yaml and pydantic, and a mistake is rare

    step, colon, name = word.rpartition(":")
    alias = catalogue.load_aliases(build.layout).get(name)
    if alias is None:
        return None
    served = f"`doit {step}{colon}{alias.type}` serves it" if alias.type else "nothing serves it"
    return f"{served}: {' '.join(alias.reason.split())}"


def _withheld(build: Build, word: str) -> str | None:
    """Why a model type that has a spec has no tasks in the graph."""
    from generator.specs import index

    name = word.rpartition(":")[2]
    entry = index.read(build.layout).models.get(name)
    if entry is None or not entry.withheld:
        return None
    overlay = build.layout.overlay(name).relative_to(build.layout.root).as_posix()
    task, reason = min(entry.withheld.items())
    return f"{overlay} withholds all that it could serve; {task}: {' '.join(reason.split())}"


def _is_plain(params: dict[str, Any]) -> bool:
    """Whether nothing is asked for but to bring things up to date."""
    return not params["always"] and params["reporter"] == _DEFAULTS["reporter"]


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
