"""Mutants that no test can kill, each with the reason: `specs/vacuity.yaml`.

A mistake that changes no answer is none. That has to be argued by somebody, and is known by what the mistake
changes, whichever skillset it is in: most of them share their lines with others.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from generator.naming import Layout
from generator.specs.schema import Frozen
from generator.specs.typed import validate
from generator.specs.yaml_source import read
from generator.vacuity.run import Verdict


class Equivalent(Frozen):
    """Mutants that change nothing."""

    operators: tuple[str, ...] = Field(min_length=1)
    before: str = Field(description="the lines that change, without indentation")
    after: tuple[str, ...] = Field(min_length=1, description="what they may become")
    why: Annotated[str, StringConstraints(min_length=20)]


class Equivalents(Frozen):
    """All of them."""

    equivalents: tuple[Equivalent, ...] = ()

    def why(self, mutant: Verdict) -> str | None:
        """Why no test can kill a mutant, where somebody has said so."""
        for known in self.equivalents:
            same = known.before == mutant.before and mutant.after in known.after
            if same and mutant.operator in known.operators:
                return " ".join(known.why.split())
        return None


def load(layout: Layout) -> Equivalents:
    """What is argued; raises `ProblemsFound` with all that is wrong with it."""
    path = layout.specs / "vacuity.yaml"
    return validate(Equivalents, read(path, layout.root)).value if path.exists() else Equivalents()
