"""The steps of the matrix: the generated test of a model type on each target, in each of its precisions.

They stand beside the steps that make a skillset and not among them: nothing needs them, a run of all takes
hours, and they take the files as they are committed. So they are made only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from generator.graph.steps import MATRIX, Step
from generator.naming import Layout

NAME = MATRIX.name


def is_asked(words: Iterable[str]) -> bool:
    """Whether words of the command line name anything of the matrix."""
    return any(word.partition(":")[0] == NAME for word in words)


def names_models(word: str, models: Iterable[str]) -> bool:
    """Whether a word stands for some models, and not for a target with all of them."""
    return not is_asked([word]) or word.rpartition(":")[2] in models


def steps(layout: Layout) -> tuple[Step, ...]:
    """A step for each target in each of its precisions: `matrix:onnx:float32`."""
    from generator.specs import catalogue  # brings yaml and pydantic

    _, _, hardware = catalogue.load_vocabulary(layout)
    return tuple(
        step(target, str(precision))
        for target, facts in sorted(hardware.items())
        for precision in facts.precisions
    )


def step(target: str, precision: str) -> Step:
    """The step of one target in one precision."""

    def result(layout: Layout, model_type: str) -> Path:
        return layout.cell(model_type, target, precision)

    return replace(
        MATRIX, name=f"{NAME}:{target}:{precision}", writes=(result,), arguments=(target, precision)
    )


def groups(cells: Sequence[Step], models: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """The groups within the matrix, and the tasks of each: of a target, of it in a precision, of a model."""
    models = list(models)
    for target in dict.fromkeys(cell.arguments[0] for cell in cells):
        yield f"{NAME}:{target}", [cell.name for cell in cells if cell.arguments[0] == target]
    for cell in cells:
        yield cell.name, [f"{cell.name}:{model}" for model in models]
    for model in models:
        yield f"{NAME}:{model}", [f"{cell.name}:{model}" for cell in cells]
