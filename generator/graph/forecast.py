"""What a run would do before it does it: which tasks are due and why, and which would follow from those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from generator.errors import Problem, did_you_mean, raise_if_any
from generator.graph import matrix
from generator.graph.causes import Cause, causes
from generator.graph.keys import outputs, task_name
from generator.graph.models import Model
from generator.graph.steps import Step

if TYPE_CHECKING:
    from generator.graph.build import Build

_WHENEVER_ASKED = ("report", "results", "schemas", "specs", "targets")
"""Tasks that always run when they are named, and never otherwise."""
ALWAYS = Cause("record", "", "it was asked to run, up to date or not")
WHENEVER = Cause("record", "", "it runs whenever it is asked for")

Task = tuple[Step, Model]


@dataclass(frozen=True)
class Group:
    """Tasks that are due for the same reasons."""

    tasks: tuple[str, ...]
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Forecast:
    """What a run would do."""

    due: tuple[Group, ...]
    """The largest group first."""
    following: tuple[str, ...]
    """Tasks that run if what one before them writes comes out otherwise."""
    current: tuple[str, ...]


def forecast(build: Build, words: Sequence[str], *, always: bool = False) -> Forecast:
    """What `doit` with these words would do. Raises `ProblemsFound` for words that name nothing."""
    selection = _Selection(build, words)
    due: dict[tuple[Cause, ...], list[str]] = defaultdict(list)
    following, current = [], []
    rewritten: set[str] = set()
    for step, model in selection.tasks:
        name = task_name(step, model)
        found = (ALWAYS,) if always else causes(build, step, model)
        own = [cause for cause in found if cause.subject not in rewritten]
        follows = bool(found) or not rewritten.isdisjoint(outputs(step.reads, model))
        (due[found] if own else following if follows else current).append(name)
        if follows:
            rewritten.update(outputs(step.writes, model))
    for name in selection.whenever_asked:
        due[WHENEVER,].append(name)
    groups = sorted((Group(tuple(tasks), why) for why, tasks in due.items()), key=_largest_first)
    return Forecast(tuple(groups), tuple(following), tuple(current))


def _largest_first(group: Group) -> tuple[int, tuple[str, ...]]:
    return -len(group.tasks), group.tasks


class _Selection:
    """The tasks that words name, with those before them, in the order in which they would run."""

    def __init__(self, build: Build, words: Sequence[str]):
        self._models = build.models.by_name
        self._chain = build.steps
        self._cells = matrix.steps(build.layout) if matrix.is_asked(words) else ()
        steps = (*self._chain, *self._cells)
        self._every = {
            task_name(step, model): (step, model) for step in steps for model in self._models.values()
        }
        self._groups = dict(self._made_groups())
        self.whenever_asked = [word for word in words if word.partition(":")[0] in _WHENEVER_ASKED]
        named = {word: list(self._named(word)) for word in words if word not in self.whenever_asked}
        raise_if_any(self._unknown(word) for word, tasks in named.items() if not tasks)
        chosen = {task for tasks in named.values() for task in tasks} if words else set(self._every)
        wanted = chosen | {before for task in chosen for before in self._before(*self._every[task])}
        self.tasks: list[Task] = [task for name, task in self._every.items() if name in wanted]

    def _made_groups(self) -> Iterator[tuple[str, list[str]]]:
        for step in self._chain:
            yield step.name, [task_name(step, model) for model in self._models.values()]
        for model in self._models.values():
            yield model.name, [task_name(self._chain[-1], model)]
        yield "models", list(self._models)
        yield matrix.NAME, [cell.name for cell in self._cells]
        yield from matrix.groups(self._cells, self._models)

    def _named(self, word: str) -> Iterator[str]:
        if word in self._every:
            yield word
        elif word in self._groups:
            for inner in self._groups[word]:
                yield from self._named(inner)
        elif "*" in word:
            yield from (name for name in self._every if fnmatch(name, word))
        else:
            yield from (
                name for name, (step, model) in self._every.items() if word in outputs(step.writes, model)
            )

    def _before(self, step: Step, model: Model) -> Iterable[str]:
        """A step of the chain needs those before it; a cell of the matrix takes what is there."""
        earlier = self._chain[: self._chain.index(step)] if step in self._chain else ()
        return [task_name(before, model) for before in earlier]

    def _unknown(self, word: str) -> Problem:
        hint = did_you_mean(word, [*self._every, *self._groups, *_WHENEVER_ASKED])
        return Problem(word, None, "is no task", hint or "`doit list` shows what there is")
