"""What the graph knows of a model type: which files decide its outputs, and what is wrong with its spec."""

from __future__ import annotations

from dataclasses import dataclass

from generator import naming
from generator.errors import Problem
from generator.naming import Layout
from generator.specs.index import ModelEntry, read


@dataclass(frozen=True, slots=True)
class Model:
    """A model type as a row of tasks. Paths are relative to the root and POSIX."""

    name: str
    specs: tuple[str, ...]
    """Every YAML that its facts come from; one that is absent (an overlay) counts when it appears."""
    test_templates: tuple[str, ...]
    skillset_templates: tuple[str, ...]
    """The templates rendered for it, by name; what they extend and include is found from there."""
    problems: tuple[Problem, ...] = ()
    """Why nothing can be made for it."""
    family: str = ""


@dataclass(frozen=True, slots=True)
class Models:
    """All of them by name, and what is wrong with `specs/` beyond any one model."""

    by_name: dict[str, Model]
    problems: tuple[Problem, ...] = ()


def from_index(layout: Layout) -> Models:
    """The models of a checkout, from the index of its specs: cheap when nothing changed."""
    index = read(layout)
    good = {name: _model(entry) for name, entry in index.models.items() if entry.tasks}
    bad = {name: Model(name, (), (), (), problems) for name, problems in index.broken.items()}
    explained = {problem for problems in index.broken.values() for problem in problems}
    others = tuple(problem for problem in index.problems if problem not in explained)
    return Models(dict(sorted({**good, **bad}.items())), others)


def _model(entry: ModelEntry) -> Model:
    fragments = sorted(set(entry.tasks.values()))
    return Model(
        entry.model_type,
        entry.files,
        _templates("tests", entry.family, fragments),
        _templates("skillsets", entry.family, fragments),
        family=entry.family,
    )


def _templates(folder: str, family: str, fragments: list[str]) -> tuple[str, ...]:
    return (
        naming.family_template(folder, family),
        *(naming.task_template(folder, fragment) for fragment in fragments),
    )
