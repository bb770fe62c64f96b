"""Requirements: what the expectations show that a model can do, and no more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from generator.errors import ProblemsFound
from generator.validation.demands import derive, dump
from generator.validation.expectations import Case, Expectations
from generator.validation.requirements import Input, load
from generator.validation.summary import describe

from .test_expectations import expectations

FILL = {"token": "a", "token_id": 3, "score": 0.5}


def answered(value, parameters=None, **inputs) -> Case:
    return Case(inputs=inputs, parameters=parameters or {}, output=describe(value))


def task(**cases: Case):
    """The requirement of a task with some cases; None where it is not required at all."""
    named = {f"some-task/{name}": case for name, case in cases.items()}
    return derive(Expectations(model_type="bert", cases=named)).tasks.get("some-task")


def test_what_a_task_takes_answers_and_refuses():
    found = task(
        single=answered({"fills": [[[FILL]]]}, text="masked"),
        batch=answered({"fills": [[[FILL]], []]}, text=["masked", "plain"]),
        top=answered({"fills": [[[FILL]]]}, {"top_k": 2, "seed": 1}, text="masked", hint="short"),
        bad=Case(inputs={"text": "number"}, raises="ValueError"),
        other=Case(inputs={"text": "long"}, skipped="takes an hour"),
    )
    assert found.inputs == {
        "hint": Input(required=False, recipes=("short",)),
        "text": Input(required=True, recipes=("masked", "plain")),
    }
    assert found.parameters == ("seed", "top_k")
    assert found.outputs == {"fills": "list[list[list[{score: float, token: str, token_id: int}]]]"}
    assert found.errors == {"bad": "ValueError"}
    assert found.batch


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (1, "int"),
        (True, "bool"),
        (None, "none"),
        ([], "list[]"),
        ([1, 2.0], "list[float | int]"),
        (np.zeros((4, 5, 6)).tolist(), "list[list[list[float]]]"),
        (np.zeros((2, 2)).tolist(), "list[list[float]]"),
        ([np.zeros((2, 2)).tolist(), np.zeros((9, 9)).tolist()], "list[list[list[float]]]"),
        (np.zeros((4, 5), "float32"), "array[float32, 2]"),
        (np.zeros(2, "float32"), "array[float32, 1]"),
        ([FILL] * 2, "list[{score: float, token: str, token_id: int}]"),
        ([FILL] * 80, "list[{score: float, token: str, token_id: int}]"),
        (
            [{"box": [1.0, 2.0], "of": FILL}] * 80,
            "list[{box: list[float], of: {score: float, token: str, token_id: int}}]",
        ),
        ({"a": {"b": "x"}}, "{a: {b: str}}"),
    ],
)
def test_the_type_of_an_output(value, form):
    assert task(single=answered({"key": value}, text="x")).outputs == {"key": form}


def test_a_key_that_some_answers_lack_is_marked():
    found = task(a=answered({"x": 1, "y": "a"}, text="t"), b=answered({"x": 1.5}, text="t"))
    assert found.outputs == {"x": "float | int", "y": "absent | str"}


@pytest.mark.parametrize(
    "case",
    [Case(inputs={"text": "x"}, raises="ValueError"), Case(inputs={"text": "x"}, skipped="why")],
)
def test_a_task_that_never_answered_is_not_required(case):
    assert task(single=case) is None


def test_a_measurement_is_no_answer():
    found = task(single=answered({"x": 1}, text="t"), similarity=answered({"like": 0.9}))
    assert found.outputs == {"x": "int"} and not found.batch


def test_a_case_of_no_task_is_no_task():
    cases = {"load": answered({"x": 1}, text="t")}
    assert derive(Expectations(model_type="bert", cases=cases)).tasks == {}


@given(expected=expectations)
def test_a_file_says_what_was_dumped(tmp_path_factory, expected):
    folder = tmp_path_factory.mktemp("x")
    required = derive(expected)
    (folder / "bert.yaml").write_text(dump(required), encoding="utf-8")
    assert load(folder / "bert.yaml", folder) == required
    assert dump(load(folder / "bert.yaml", folder)) == dump(required)


def test_a_bad_file_is_a_problem_with_a_line(tmp_path):
    file = tmp_path / "bert.yaml"
    file.write_text("model_type: bert\ntasks:\n  fill-mask: {batsh: true}\n", encoding="utf-8")
    with pytest.raises(ProblemsFound, match=r"bert\.yaml:3: .*batsh"):
        load(file, tmp_path)
