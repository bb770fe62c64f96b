"""The requirements of a skillset, read off the expectations; a task that never answered is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.validation import expectations, yaml_text
from generator.validation.expectations import Case, Expectations
from generator.validation.requirements import Input, Requirements, TaskRequirement
from generator.validation.values import MARK, TABLE, is_mapping, is_sequence, type_name

ABSENT = "absent"
_HEADER = """\
Written by `doit reference:{model_type}`; do not edit.
What the skillset must offer, read off the expectations."""


def derive(observed: Expectations) -> Requirements:
    """Read the requirements off the expectations."""
    tasks = {
        task: _task(cases)
        for task, cases in observed.by_task().items()
        if any(case.outcome == "output" for case in cases.values())
    }
    return Requirements(model_type=observed.model_type, tasks=tasks)


def dump(requirements: Requirements) -> str:
    """The text of the file."""
    header = _HEADER.format(model_type=requirements.model_type)
    return yaml_text.dump(requirements.model_dump(mode="json"), header)


def plan(layout: Layout, model_types: Iterable[str]) -> dict[str, str | Exception]:
    """The files of some model types, from the expectations as they lie, or what is wrong with those."""
    return {name: _plan(layout, name) for name in model_types}


def _plan(layout: Layout, model_type: str) -> str | ProblemsFound:
    try:
        return dump(derive(expectations.load(layout.expectations(model_type), layout.root)))
    except ProblemsFound as found:
        return found


def _task(cases: Mapping[str, Case]) -> TaskRequirement:
    answered = {name: case for name, case in cases.items() if case.outcome == "output"}
    # An observation without inputs measures answers (how alike two are, say) and is not one.
    calls = [case for case in answered.values() if case.inputs]
    return TaskRequirement(
        inputs=_inputs(calls),
        parameters=tuple(sorted({name for case in calls for name in case.parameters})),
        outputs=_outputs([case.output for case in calls if is_mapping(case.output)]),
        errors={name: case.raises for name, case in cases.items() if case.raises},
        batch=any(name.startswith("batch") for name in answered),
    )


def _inputs(calls: list[Case]) -> dict[str, Input]:
    names = sorted({name for case in calls for name in case.inputs})
    return {
        name: Input(
            required=all(name in case.inputs for case in calls),
            recipes=tuple(sorted({r for case in calls for r in _recipes(case.inputs.get(name))})),
        )
        for name in names
    }


def _recipes(given: Any) -> Iterable[str]:
    """The recipes within what an argument was given: one by name, or a list or mapping of them."""
    if given is None:
        return []
    items = given.values() if is_mapping(given) else given if is_sequence(given) else None
    return [str(given)] if items is None else [r for item in items for r in _recipes(item)]


def _outputs(answers: list[Mapping[str, Any]]) -> dict[str, str]:
    keys = sorted({key for answer in answers for key in answer})
    return {key: _either(_form(a[key]) if key in a else ABSENT for a in answers) for key in keys}


def _form(described: Any) -> str:
    """The type of a described value, written as a Python annotation is."""
    if is_mapping(described):
        return _summary_form(described) if MARK in described else _mapping_form(described)
    if is_sequence(described):
        return f"list[{_either(map(_form, described))}]"
    return type_name(described)


def _mapping_form(described: Mapping[str, Any]) -> str:
    items = ", ".join(f"{key}: {_form(value)}" for key, value in sorted(described.items()))
    return f"{{{items}}}"


def _summary_form(summary: Mapping[str, Any]) -> str:
    if summary[MARK] == TABLE:
        return f"list[{_row_form(summary['columns'])}]"
    rank = len(summary["shape"])
    if summary[MARK] == "array":
        return f"array[{summary['dtype']}, {rank}]"
    return "list[" * rank + summary["dtype"] + "]" * rank


def _row_form(columns: Mapping[str, Any]) -> str:
    """The form of a row of a table: each column is a list of what a row has."""
    items = ", ".join(
        f"{key}: {_form(value).removeprefix('list[')[:-1]}" for key, value in sorted(columns.items())
    )
    return f"{{{items}}}"


def _either(forms: Iterable[str]) -> str:
    """Several types as one: `float | int`; an empty list is a list of anything."""
    found = sorted(set(forms))
    lists = [form for form in found if form.startswith("list[")]
    return " | ".join(form for form in found if form != "list[]" or lists == ["list[]"])
