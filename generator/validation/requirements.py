"""What a skillset must offer: the file beside its expectations, typed.

Reading it is part of rendering a skillset, so nothing here imports numpy, which takes a fifth of a second.
"""

from __future__ import annotations

from pathlib import Path

from generator.specs.schema import Frozen, Name
from generator.specs.typed import validate
from generator.specs.yaml_source import read


class Input(Frozen):
    """An argument of a handler: whether every call gave it, and the recipes that it was given."""

    required: bool
    recipes: tuple[str, ...]


class TaskRequirement(Frozen):
    """What a handler of one task must take, answer and refuse.

    `outputs` are types by key, as `list[list[float]]`; `absent` marks a key that not every answer
    has. `errors` are the cases that must be refused, with the error that the reference raised.
    """

    inputs: dict[str, Input] = {}
    parameters: tuple[str, ...] = ()
    outputs: dict[str, str] = {}
    errors: dict[str, str] = {}
    batch: bool = False


class Requirements(Frozen):
    """The tasks that a model type's skillset must serve, in order of name."""

    model_type: Name
    tasks: dict[Name, TaskRequirement] = {}


def load(path: Path, root: Path) -> Requirements:
    """Read a file of requirements below `root`; raises `ProblemsFound` with all that is wrong."""
    return validate(Requirements, read(path, root)).value
