"""What the generated test of a model type observed on the reference, case by case, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from generator.specs.schema import Frozen, Name
from generator.specs.typed import validate
from generator.specs.yaml_source import read
from generator.validation import yaml_text
from generator.validation.compare import Comparison, Leaf, Status, summarize
from generator.validation.summary import compare_descriptions
from generator.validation.tolerances import DEFAULT, Tolerances

_OUTCOMES = ("output", "raises", "skipped")
_HEADER = """\
Written by `doit reference:{model_type}`; do not edit.
What the generated test observed on the model called straight through transformers. A case keeps
its text for as long as what is observed stays within tolerance of it."""


class Case(Frozen):
    """One observation: what was put in, and the answer, the error or why there is neither.

    `inputs` are recipes by argument name; `output` is a description as `summary.describe` makes it.
    """

    inputs: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    output: Any = None
    raises: str | None = Field(default=None, description="the name of the error's class")
    skipped: str | None = Field(default=None, description="the declared reason")

    @model_validator(mode="after")
    def _has_one_outcome(self) -> Case:
        found = [name for name in _OUTCOMES if name in self.model_fields_set]
        if len(found) != 1:
            raise ValueError(f"give one of {', '.join(_OUTCOMES)}, not {len(found)}")
        return self

    @property
    def outcome(self) -> str:
        """`output`, `raises` or `skipped`."""
        return next(name for name in _OUTCOMES if name in self.model_fields_set)

    def plain(self) -> dict[str, Any]:
        """As data for YAML or JSON, in the order in which it is written."""
        given = {"inputs": self.inputs, "parameters": self.parameters}
        kept = {name: value for name, value in given.items() if value}
        return {**kept, self.outcome: getattr(self, self.outcome)}


class Expectations(Frozen):
    """The cases of one model type by name and in that order; `fill-mask/batch` is one of a task."""

    model_type: Name
    cases: dict[str, Case] = {}

    @field_validator("cases")
    @classmethod
    def _in_order(cls, cases: dict[str, Case]) -> dict[str, Case]:
        return dict(sorted(cases.items()))

    def by_task(self) -> dict[str, dict[str, Case]]:
        """The cases of each task, by what follows the task in their names."""
        tasks: dict[str, dict[str, Case]] = {}
        for name, case in self.cases.items():
            task, slash, rest = name.partition("/")
            if slash:
                tasks.setdefault(task, {})[rest] = case
        return tasks


def load(path: Path, root: Path) -> Expectations:
    """Read a file of expectations below `root`; raises `ProblemsFound` with all that is wrong."""
    return validate(Expectations, read(path, root)).value


def dump(expectations: Expectations) -> str:
    """The text of the file: the same for the same expectations, and short where it can be."""
    cases = {name: case.plain() for name, case in expectations.cases.items()}
    data = {"model_type": expectations.model_type, "cases": cases}
    return yaml_text.dump(data, _HEADER.format(model_type=expectations.model_type))


def judge(expected: Case, observed: Case, tolerances: Tolerances = DEFAULT) -> Comparison:
    """How an observation compares with the expected one.

    A call that must be refused is refused by any error: that the skillset's is clear is for the
    test to ask, and that it is of the same class as transformers' would be a coincidence.
    """
    if expected.outcome != observed.outcome:
        message = f"expected {_outcome(expected)}, got {_outcome(observed)}"
        return summarize([Leaf("", Status.TYPE_MISMATCH, 0.0, message)])
    if expected.outcome == "output":
        return compare_descriptions(expected.output, observed.output, tolerances)
    return summarize([Leaf("", Status.EXACT, 1.0)])


def _outcome(case: Case) -> str:
    if case.outcome == "output":
        return "an answer"
    return f"{case.raises}" if case.raises else f"no call ({case.skipped})"


def settle(committed: Expectations | None, observed: Expectations) -> Expectations:
    """The observed cases, but each as it was committed if it agrees with that.

    So another CPU or math library changes no byte of the file, a new or changed case is written as
    it was observed, and one that was not observed is gone.
    """
    known = committed.cases if committed else {}
    cases = {
        name: known[name] if name in known and _is_same(known[name], case) else case
        for name, case in observed.cases.items()
    }
    return Expectations(model_type=observed.model_type, cases=cases)


def _is_same(committed: Case, observed: Case) -> bool:
    """Whether a case was put the same way and came out the same within tolerance."""
    put = ("inputs", "parameters", "raises", "skipped")
    if any(getattr(committed, name) != getattr(observed, name) for name in put):
        return False
    return judge(committed, observed).status.agrees
