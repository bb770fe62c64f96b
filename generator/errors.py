"""What can be wrong with an input, and how a person is told: problems, one printer, the exit codes."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

EXIT_CLEAN = 0
EXIT_DRIFT = 1
EXIT_BAD_INPUT = 2
EXIT_BUG = 3


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with one input file: where, what, and what to do about it."""

    path: str
    line: int | None
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        what = self.message if self.hint is None else f"{self.message}; {self.hint}"
        return f"{where}: {what}"


class ProblemsFound(Exception):
    """Raised once, with every problem of an input, so that a person can mend them all in one go."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(sorted(set(problems), key=_order))
        super().__init__("\n".join(map(str, self.problems)))


def _order(problem: Problem) -> tuple[str, int, str]:
    return (problem.path, problem.line or 0, problem.message)


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise `ProblemsFound` if there is at least one problem."""
    found = list(problems)
    if found:
        raise ProblemsFound(found)


def print_problems(problems: Iterable[Problem], stream: IO[str] | None = None) -> None:
    """Print each problem on a line of its own (standard error unless told otherwise)."""
    for problem in problems:
        print(problem, file=stream or sys.stderr)


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """A hint naming the choice nearest to a misspelt word, or None when nothing is near."""
    near = difflib.get_close_matches(word, sorted(choices), n=1)
    return f'did you mean "{near[0]}"?' if near else None
