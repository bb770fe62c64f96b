"""What the checks look at: generated files, in memory and laid out where tools can read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.errors import Problem
from generator.naming import Layout
from generator.transforms.facts import TransformFacts


@dataclass(frozen=True)
class GeneratedFile:
    """One file as it would be published."""

    text: str
    facts: TransformFacts

    def problem(self, line: int | None, message: str) -> Problem:
        return Problem(self.facts.path, line, message, self.facts.hint)


@dataclass(frozen=True)
class Subject:
    """The files, by path below the root, and a folder outside the tree that has them there."""

    files: Mapping[Path, GeneratedFile]
    folder: Path
    layout: Layout
