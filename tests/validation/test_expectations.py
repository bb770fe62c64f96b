"""Expectations: a file that says what was observed, and that a rerun leaves as it is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import ProblemsFound
from generator.validation.compare import Status
from generator.validation.expectations import Case, Expectations, dump, judge, load, settle
from generator.validation.summary import describe

from .strategies import plain_answers

EMBEDDINGS = np.random.RandomState(3).randn(4, 32)
names = st.sampled_from(["fill-mask/single", "fill-mask/batch", "feature-extraction/x", "load"])
recipes = st.dictionaries(st.sampled_from(["text", "image"]), st.text(max_size=8), max_size=2)
cases = (
    st.builds(lambda inputs, answer: Case(inputs=inputs, output=describe(answer)), recipes, plain_answers)
    | st.builds(lambda inputs: Case(inputs=inputs, raises="ValueError"), recipes)
    | st.builds(lambda reason: Case(skipped=reason), st.text(min_size=1, max_size=30))
)
expectations = st.builds(
    lambda found: Expectations(model_type="bert", cases=found), st.dictionaries(names, cases)
)


def of(**answers) -> Expectations:
    """Expectations with one answered case for each answer."""
    found = {name: Case(inputs={"text": "short"}, output=describe(a)) for name, a in answers.items()}
    return Expectations(model_type="bert", cases=found)


def text_and_back(tmp_path, expected: Expectations) -> Expectations:
    file = tmp_path / "bert.yaml"
    file.write_text(dump(expected), encoding="utf-8")
    return load(file, tmp_path)


@given(expected=expectations)
def test_a_file_says_what_was_dumped_and_dumps_the_same(tmp_path_factory, expected):
    loaded = text_and_back(tmp_path_factory.mktemp("x"), expected)
    assert dump(loaded) == dump(expected)
    assert [(n, c.outcome) for n, c in loaded.cases.items()] == [
        (n, c.outcome) for n, c in expected.cases.items()
    ]


@given(committed=expectations, observed=expectations)
def test_settling_is_idempotent_and_keeps_exactly_the_observed_cases(committed, observed):
    once = settle(committed, observed)
    assert dump(settle(once, observed)) == dump(once)
    assert set(once.cases) == set(observed.cases)
    assert dump(settle(observed, observed)) == dump(observed) == dump(settle(None, observed))


@given(noise=st.floats(-5e-6, 5e-6))
def test_noise_changes_no_byte(noise):
    answer = {"embeddings": EMBEDDINGS.tolist(), "scores": [0.1, 0.2], "score": 0.7, "token": "a"}
    noisy = {
        **answer,
        "embeddings": (EMBEDDINGS * (1 + noise) + noise).tolist(),
        "scores": [0.1 + noise, 0.2 - noise],
        "score": 0.7 + noise,
    }
    committed = of(single=answer, batch=[answer, answer])
    observed = of(single=noisy, batch=[noisy, answer])
    assert dump(settle(committed, observed)) == dump(committed)


def test_a_changed_case_is_replaced_and_its_neighbours_are_not():
    committed = of(a={"score": 0.7}, b={"score": 0.7}, gone={"score": 0.7})
    observed = of(a={"score": 0.8}, b={"score": 0.700001}, new={"score": 0.1})
    settled = settle(committed, observed)
    assert {name: case.output["score"] for name, case in settled.cases.items()} == {
        "a": 0.8,
        "b": 0.7,
        "new": 0.1,
    }


@pytest.mark.parametrize(
    "observed",
    [
        Case(inputs={"text": "long"}, output={"score": 0.7}),
        Case(inputs={"text": "short"}, parameters={"top_k": 1}, output={"score": 0.7}),
        Case(inputs={"text": "short"}, output={"score": 0.7, "label": "a"}),
        Case(inputs={"text": "short"}, raises="ValueError"),
        Case(inputs={"text": "short"}, skipped="no weights"),
        Case(inputs={"text": "short"}, output=None),
    ],
)
def test_a_case_put_differently_or_with_another_outcome_is_replaced(observed):
    committed = of(a={"score": 0.7})
    settled = settle(committed, Expectations(model_type="bert", cases={"a": observed}))
    assert settled.cases["a"] == observed


def test_another_error_or_reason_is_written_down():
    for one, other in [({"raises": "A"}, {"raises": "B"}), ({"skipped": "A"}, {"skipped": "B"})]:
        committed = Expectations(model_type="bert", cases={"a": Case(**one)})
        observed = Expectations(model_type="bert", cases={"a": Case(**other)})
        assert settle(committed, observed) == observed


def test_the_order_of_observation_leaves_no_trace():
    one = of(b=1, a=2, c=3)
    other = of(c=3, b=1, a=2)
    assert dump(one) == dump(other)


def test_judging_a_skillset():
    answer = Case(output=describe({"score": 0.7}))
    close = Case(output=describe({"score": 0.70001}))
    wrong = Case(output=describe({"score": 0.8}))
    error, another_error = Case(raises="TypeError"), Case(raises="BadInput")
    assert judge(answer, close).status is Status.CLOSE
    assert judge(answer, wrong).status is Status.VALUE_MISMATCH
    assert judge(error, another_error).agrees
    assert str(judge(answer, error)) == "the answer: expected an answer, got TypeError"
    assert str(judge(error, answer)) == "the answer: expected TypeError, got an answer"
    assert str(judge(answer, Case(skipped="no GPU"))) == (
        "the answer: expected an answer, got no call (no GPU)"
    )


def test_an_observation_travels_as_json():
    case = Case(inputs={"text": ["a", "b"]}, output=describe({"e": EMBEDDINGS}))
    assert Case(**json.loads(json.dumps(case.plain()))) == case


def test_the_text_is_short_and_readable():
    fills = [[[{"token": f"t{i}", "token_id": i, "score": i / 7} for i in range(3)]]]
    case = Case(
        inputs={"text": "masked"},
        parameters={"top_k": 3},
        output=describe({"fills": fills, "logits": np.eye(8), "text": "two\nlines: {{ x }}"}),
    )
    refused = Case(inputs={"text": "number"}, raises="ValueError")
    found = Expectations(model_type="bert", cases={"m/single": case, "m/bad": refused})
    assert dump(found).split("\n", 3)[3] == EXPECTED


EXPECTED = """\
model_type: bert
cases:
  m/bad: {inputs: {text: number}, raises: ValueError}
  m/single:
    inputs: {text: masked}
    parameters: {top_k: 3}
    output:
      fills:
        - - - {token: t0, token_id: 0, score: 0.0}
            - {token: t1, token_id: 1, score: 0.142857}
            - {token: t2, token_id: 2, score: 0.285714}
      logits: {$type: array, dtype: float64, shape: [8, 8], min: 0.0, max: 1.0, mean: 0.125,
        std: 0.330719, sample: [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], probe: [0.0694781,
          -0.0158811]}
      text: "two\\nlines: {{ x }}"
"""


def test_long_texts_have_a_line_each():
    texts = ["A heavy storm is coming from the sea tonight, say the fishermen.", "No: it is not."]
    case = Case(inputs={"text": texts * 2}, raises="ValueError")
    lines = dump(Expectations(model_type="bert", cases={"a/b": case})).splitlines()
    assert f"        - {texts[0]}" in lines and f"        - '{texts[1]}'" in lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "bert.yaml:1: the file is empty"),
        ("model_type: bert\ncases:\n  a: {raises: 1}", "bert.yaml:3: "),
        ("model_type: bert\ncases:\n  a: {}", "bert.yaml:3: "),
        ("model_type: bert\ncases:\n  a:\n    output: 1\n    skipped: x", "bert.yaml:3: "),
        ("model_type: bert\ncases:\n  a:\n    output: 1\n    inpust: {}", "bert.yaml:5: "),
        ("model_type: bert\ncases:\n  a: {output: [}", "bert.yaml:3: not valid YAML"),
        ("model_type: bert\n<<<<<<< HEAD\ncases: {}", "bert.yaml:"),
    ],
)
def test_a_bad_file_is_a_problem_with_a_line(tmp_path, text, message):
    file = tmp_path / "bert.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsFound) as raised:
        load(file, tmp_path)
    assert str(raised.value).startswith(message)


def test_a_file_that_is_not_there_is_a_problem(tmp_path):
    with pytest.raises(ProblemsFound, match=r"bert\.yaml: cannot be read"):
        load(tmp_path / "bert.yaml", tmp_path)
