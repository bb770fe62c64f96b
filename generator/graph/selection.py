"""What the words after `doit` mean: steps, models, `step:model`, wildcards."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch

from generator.errors import did_you_mean
from generator.graph.models import Models
from generator.graph.steps import Step


class UnknownTask(Exception):
    """A word that names no task."""

    def __init__(self, word: str, names: Iterable[str]):
        hint = did_you_mean(word, names) or "`doit list` shows what there is"
        super().__init__(f'unknown task "{word}"; {hint}')


def task_names(steps: Iterable[Step], models: Models) -> list[str]:
    """Every name that these steps and models give rise to."""
    names = [step.name for step in steps]
    return [*names, *models.by_name, *(f"{n}:{model}" for n in names for model in models.by_name)]


def check(words: list[str], known: list[str]) -> None:
    """Raise `UnknownTask` for the first word that no known task answers to."""
    names = set(known)
    for word in words:
        if "*" in word:
            found = any(fnmatch(name, word) for name in known)
        else:
            found = word in names
        if not found:
            raise UnknownTask(word, known)


def named_models(words: Iterable[str]) -> set[str]:
    """What is asked for by name, without a wildcard: `bert` and `generate:bert` name bert."""
    return {word.rpartition(":")[2] for word in words if "*" not in word}
