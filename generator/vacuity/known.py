"""Mutants that no test kills, each with the reason: `specs/vacuity.yaml`.

A mistake that changes no answer is none; that has to be argued by somebody. Others do change something that
the tests do not see; they count as survivors, and say why. Both are known by what the mistake changes,
whichever skillset it is in: most skillsets share their lines with others.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from generator.naming import Layout
from generator.specs.schema import Frozen, Name
from generator.specs.typed import validate
from generator.specs.yaml_source import read
from generator.vacuity.run import Verdict


class Reason(Frozen):
    """Why mutants survive."""

    operator: str
    before: str = Field(description="the lines that change, without indentation")
    after: tuple[str, ...] = Field(min_length=1, description="what they may become")
    families: tuple[Name, ...] = Field(default=(), description="where it holds; everywhere without any")
    why: Annotated[str, StringConstraints(min_length=20)]

    def holds(self, verdict: Verdict, family: str) -> bool:
        """Whether it is about a mutant in the skillset of a family."""
        place = verdict.operator == self.operator and family in (self.families or [family])
        return place and verdict.before == self.before and verdict.after in self.after


class Known(Frozen):
    """All that is known of mutants that survive."""

    equivalents: tuple[Reason, ...] = Field(default=(), description="they change no answer")
    survivors: tuple[Reason, ...] = Field(default=(), description="they do, where no test looks")

    def equivalent(self, verdict: Verdict, family: str) -> str | None:
        """Why a mutant changes no answer, where somebody has said so."""
        return _first(self.equivalents, verdict, family)

    def survivor(self, verdict: Verdict, family: str) -> str | None:
        """Why no test sees what a mutant changes, where that is known."""
        return _first(self.survivors, verdict, family)


def load(layout: Layout) -> Known:
    """What is known; raises `ProblemsFound` with all that is wrong with it."""
    path = layout.specs / "vacuity.yaml"
    return validate(Known, read(path, layout.root)).value if path.exists() else Known()


def _first(reasons: tuple[Reason, ...], verdict: Verdict, family: str) -> str | None:
    found = (" ".join(reason.why.split()) for reason in reasons if reason.holds(verdict, family))
    return next(found, None)
