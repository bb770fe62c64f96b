"""Decides whether a step of a model has to run, and runs it so that what is recorded is what happened."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

from generator.errors import raise_if_any
from generator.graph import batches, clean, hand_edits, matrix
from generator.graph.batches import Batches
from generator.graph.console import CONSOLE
from generator.graph.facts import ABSENT, FileFacts
from generator.graph.hand_edits import Kept
from generator.graph.journal import Journal, Record
from generator.graph.keys import Keys, output_path, outputs, task_name
from generator.graph.models import Model, Models
from generator.graph.prune import orphans, owned, vanished
from generator.graph.steps import Step, StepFailed
from generator.graph.texts import Texts, by_digest
from generator.manifest import Author
from generator.naming import Layout, is_safe_name

_TOLD_EVERY = 50
"""Types, where no terminal shows them one by one."""


class Build:
    """One checkout in one run: its models, its steps, what was done before and what is on disk now."""

    def __init__(
        self,
        root: Path,
        steps: tuple[Step, ...],
        models: Callable[[Layout], Models],
        pool: Callable[[Layout, int, tuple[str, ...]], Any],
        types: Callable[[], set[str]] = set,
    ):
        """`models` reads the models of a checkout; `pool` makes what runs them, for so many workers.

        `types` are the model types that there could be; with none, nothing is known of them.
        """
        self.layout = Layout(root)
        self.steps = steps
        self.workers = 1
        self.facts = FileFacts(root, self.layout.cache / "facts.json")
        self.keys = Keys(self.facts)
        self._read_models = models
        self._new_pool = pool
        self._types = types
        self.reasons: dict[str, str] = {}
        """Task → why it was last found to have something to do."""
        self._pool: Any = None
        self._words: list[str] | None = None
        self._pool_lock = threading.Lock()
        self._closed = False
        self._moved: set[str] = set()
        self.texts = Texts(self.layout.cache / "texts.sqlite")
        self._batches = Batches(self.layout, self.keys, self.layout.cache / "plans")

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.layout.cache / "state.jsonl")

    @cached_property
    def models(self) -> Models:
        return self._read_models(self.layout)

    @cached_property
    def chosen(self) -> tuple[Model, ...]:
        """The models to make tasks for: all, until `choose` or `choose_none`."""
        return tuple(self.models.by_name.values())

    @cached_property
    def derivable(self) -> tuple[str, ...]:
        """The model types whose specs can be derived: those there are, and those asked for by name."""
        asked = [word.partition(":")[2] for word in self._words or () if word.startswith("specs:")]
        new = {name for name in asked if is_safe_name(name)}
        if any("*" in name for name in asked):
            new |= self._types()
        return tuple(sorted({*self.models.by_name, *new})) if asked or not self._words else ()

    def choose(self, words: list[str], *, always: bool) -> None:
        """Choose the models that words on the command line name, and those that have something to do.

        Making doit's tasks costs more than finding out that there is nothing to do. `always` chooses all.
        """
        self._words = words
        named = {word.rpartition(":")[2] for word in words}
        everything = always or any(
            "/" in word or not matrix.names_models(word, self.models.by_name) for word in words
        )
        at_work = {name for name, model in self.models.by_name.items() if self.has_work(model)}
        if not at_work and not self.models.problems and not self.orphans():
            clean.remember(
                self.layout,
                [step.name for step in self.steps],
                list(self.models.by_name),
                self.facts.watched(),
            )
        self.chosen = tuple(
            model for name, model in self.models.by_name.items() if everything or name in named | at_work
        )

    @cached_property
    def matrix(self) -> tuple[Step, ...]:
        """The steps of the matrix, if the words of the command line ask for any of them."""
        return matrix.steps(self.layout) if matrix.is_asked(self._words or ()) else ()

    def task_names(self) -> list[str]:
        """The names of all tasks of all models, and of their groups."""
        models = list(self.models.by_name)
        steps = [step.name for step in (*self.steps, *self.matrix)]
        groups = [name for name, _ in matrix.groups(self.matrix, models)]
        every = (f"{step}:{model}" for step in steps for model in models)
        return [*steps, matrix.NAME, *groups, *models, *every]

    def forget(self, name: str) -> None:
        """Have a task, or every task of a model, run again."""
        for record in self.journal.records():
            if name in (record.task, *record.task.split(":")):
                self.journal.forget(record.task)

    def choose_none(self) -> None:
        """Make no tasks for models, only the groups."""
        self.chosen, self.derivable = (), ()

    def is_current(self, step: Step, model: Model) -> bool:
        """Whether there is nothing to do for a step of a model."""
        reason = "its spec" if model.problems else self.why(step, model)
        self.reasons[task_name(step, model)] = reason or ""
        return reason is None

    def why(self, step: Step, model: Model) -> str | None:
        """Why a step has to run, or None when it is up to date."""
        record = self.journal.get(task_name(step, model))
        if record is None:
            return "new here"
        if tuple(record.targets) != outputs(step.writes, model):
            return "writes other files"
        for path, digest in record.targets.items():
            if (found := self.facts.digest(path)) != digest:
                return f"{path} {'is missing' if found == ABSENT else 'was changed'}"
        key = self.keys.of(step, model)
        changed = [part for part in sorted({*key, *record.key}) if key.get(part) != record.key.get(part)]
        return f"changed {', '.join(changed)}" if changed else None

    def has_work(self, model: Model) -> bool:
        """Whether any step of a model has to run, as far as can be said before running one."""
        return not all(self.is_current(step, model) for step in self.steps)

    def run(self, step: Step, model: Model) -> None:
        """Run a step, and record it as built from what was there before it ran.

        Raises `StepFailed` or `ProblemsFound`; then nothing is recorded, and it runs again next time.
        """
        raise_if_any(model.problems)
        key = self.keys.of(step, model)
        targets = outputs(step.writes, model)
        self.facts.forget(targets)
        kept = self._keep_hand_edits(step, model)
        started = time.monotonic()
        try:
            self._call(step, model)
        finally:
            self.facts.forget(targets)
            self._settle(kept)
        self._record(step, model, key, time.monotonic() - started)

    def derive(self, step: Step, model_type: str, docs: str | None) -> None:
        """Derive the spec of a model type, which there need not be one of yet."""
        step.load()(self.layout, model_type, docs, _reporter(f"{step.name}:{model_type}"))
        self.facts.forget(output_path(path, model_type) for path in step.writes)

    def derive_all(self, step: Step, docs: str | None) -> None:
        """Derive the specs of all model types, with progress."""
        started = time.monotonic()

        def progress(done: int, total: int, name: str) -> None:
            left = f" about {(time.monotonic() - started) / done * (total - done):.0f} s left" if done else ""
            CONSOLE.live(f"[{done}/{total}]{left} {step.name}:{name}")
            if done and done % _TOLD_EVERY == 0 and not CONSOLE.is_terminal:
                CONSOLE.note(f"[{done}/{total}]{left}")

        try:
            step.load()(self.layout, docs, progress, CONSOLE.note)
        finally:
            CONSOLE.live("")

    def vanished(self) -> dict[str, tuple[Path, ...]]:
        """Model type that the installed transformers lacks → its spec, overlay and outputs."""
        return vanished(self.layout, self._types())

    def orphans(self) -> tuple[Path, ...]:
        """Generated files that no spec owns any more, or whose type is withheld; relative to the root."""
        return orphans(self.layout, owned(self.models.by_name))

    def close(self) -> None:
        """End the pool and keep what was learnt. Nothing is recorded from here on."""
        with self._pool_lock:
            self._closed = True
            if self._pool is not None:
                self._pool.close()
        self.facts.save()
        self.texts.close()

    def _call(self, step: Step, model: Model) -> None:
        report = _reporter(task_name(step, model))
        pool = (self._get_pool(step.warm),) if step.uses_pool else ()
        plan = (self._batches.take(step, model, self._next(step, model)),) if step.plan else ()
        step.load()(self.layout, model.name, *step.arguments, *pool, *plan, report)
        trouble = step.verdict(self.layout.root / outputs(step.writes, model)[0])
        if trouble:
            raise StepFailed(trouble)

    def _next(self, step: Step, model: Model) -> Iterator[Model]:
        """Those of the next models that this run takes through the step too, and could do so now."""
        earlier = self.steps[: self.steps.index(step)][-1:]
        for other in self.chosen[self.chosen.index(model) + 1 :][: batches.SIZE]:
            ready = not other.problems and self._is_asked(step, other)
            if ready and self.why(step, other) and not any(self.why(before, other) for before in earlier):
                yield other

    def _is_asked(self, step: Step, model: Model) -> bool:
        """Whether the words of the command line name a task of a model, as far as they name models."""
        steps = {step.name for step in self.steps}
        return not self._words or any(
            word in steps or fnmatch(model.name, word.partition(":")[2] or word) for word in self._words
        )

    def _record(self, step: Step, model: Model, key: dict[str, str], seconds: float) -> None:
        """Unless an input changed meanwhile: then nobody knows what the output was made from."""
        name = task_name(step, model)
        moved = self.facts.moved(self.keys.files(step, model))
        if moved:
            self._tell_moved(moved)
        elif not self._closed:
            targets = {path: self.facts.digest(path) for path in outputs(step.writes, model)}
            self._refuse_missing(targets)
            self.journal.put(Record(name, key, targets, round(seconds, 3)))
            self.texts.keep(by_digest(self.keys.texts(step, model)) | self._specs(model))

    def _specs(self, model: Model) -> dict[str, str]:
        """The texts of a model's specs by digest."""
        there = [path for path in model.specs if self.facts.digest(path) != ABSENT]
        read = ((self.layout.root / path).read_text("utf-8", errors="replace") for path in there)
        return {self.facts.digest(path): text for path, text in zip(there, read, strict=True)}

    def _tell_moved(self, paths: list[str]) -> None:
        for path in set(paths) - self._moved:
            CONSOLE.note(f"{path} changed during this run; what it reaches is done again in the next")
        self._moved.update(paths)

    @staticmethod
    def _refuse_missing(targets: dict[str, str]) -> None:
        missing = [path for path, digest in targets.items() if digest == ABSENT]
        if missing:
            raise StepFailed(f"{', '.join(missing)} was not written")

    def _keep_hand_edits(self, step: Step, model: Model) -> list[Kept]:
        """Copies of outputs that are not as this toolchain left them; told before they are overwritten."""
        kept = hand_edits.keep(self.layout, outputs(step.writes, model))
        for file in kept:
            if file.author is Author.HAND:
                CONSOLE.note(f"{file.path} was changed by hand; it is made again, {file.where}")
        return kept

    def _settle(self, kept: list[Kept]) -> None:
        """Drop the copies of what was not lost after all, and remind of the others at the end."""
        for file in kept:
            if file.is_lost(self.layout):
                CONSOLE.remind(f"{file.path} was replaced; {file.where}")
            else:
                (self.layout.root / file.copy).unlink()

    def _get_pool(self, warm: tuple[str, ...]) -> Any:
        with self._pool_lock:
            if self._closed:
                raise StepFailed("the run was stopped")
            if self._pool is None:
                self._pool = self._new_pool(self.layout, self.workers, warm)
            return self._pool


def _reporter(name: str) -> Callable[[str], None]:
    return lambda message: CONSOLE.note(f"{name}: {message}")
