"""How accurate an answer is: what an error is a share of, what is a decision, what another form."""

from __future__ import annotations

import math
from typing import Any

import pytest

from generator.validation.accuracy import judge
from generator.validation.accuracy import measure as measure_described
from generator.validation.expectations import Case
from generator.validation.summary import describe
from skillset_runtime.accuracy import Accuracy, measure, worst

LABELS = {"labels": [[{"label": "cat", "score": 0.8}, {"label": "dog", "score": 0.1}]]}


def labels(*pairs: tuple[str, float]) -> dict[str, Any]:
    return {"labels": [[{"label": label, "score": score} for label, score in pairs]]}


def test_equal_answers_have_no_error() -> None:
    assert measure(LABELS, LABELS) == Accuracy(0.0, "labels[0][0].score", 1.0)


def test_an_error_is_relative_to_the_largest_of_its_field() -> None:
    found = measure(LABELS, labels(("cat", 0.8), ("dog", 0.14)))
    assert found.error == pytest.approx(0.05)
    assert found.where == "labels[0][1].score"


def test_fields_of_other_names_have_their_own_largest() -> None:
    found = measure({"far": [100.0], "near": [1.0]}, {"far": [101.0], "near": [1.5]})
    assert (found.error, found.where) == (0.5, "near[0]")


def test_another_decision_is_no_error() -> None:
    found = measure(LABELS, labels(("dog", 0.8), ("dog", 0.1)))
    assert (found.error, found.agreement, found.trouble) == (0.0, 0.5, None)


def test_a_text_counts_by_its_beginning() -> None:
    assert measure({"text": "abcdefgh"}, {"text": "abcdXXXX"}).agreement == 0.5
    assert measure({"text": "abcd"}, {"text": "abcdabcd"}).agreement == 0.5
    assert measure({"text": "abcd"}, {"text": "xbcd"}).agreement == 0.0


def test_of_lists_of_two_lengths_nothing_is_compared() -> None:
    found = measure({"boxes": [[1.0], [2.0]]}, {"boxes": [[9.0]]})
    assert (found.error, found.agreement, found.trouble) == (None, 0.0, None)


@pytest.mark.parametrize(
    ("actual", "told"),
    [
        ({"score": [0.5], "more": 1}, "more is not expected"),
        ({}, "score is missing"),
        ({"score": ["0.5"]}, "score[0]: expected float, got str"),
        ({"score": 0.5}, "score: expected list, got float"),
    ],
)
def test_another_form_is_refused_however_much_is_allowed(actual: Any, told: str) -> None:
    assert told in measure({"score": [0.5]}, actual).refused(tolerance=1e9)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_off_without_end(value: float) -> None:
    assert measure([1.0], [value]).error == math.inf
    assert measure([value], [1.0]).error == math.inf
    assert measure([value], [value]).error == 0.0


def test_only_more_than_the_tolerance_is_refused() -> None:
    found = measure([1.0, 2.0], [1.0, 2.2])
    assert found.refused(0.11) is None
    assert found.refused(0.09) == "[1] is off by 0.1 of the largest; 0.09 is allowed"


def test_the_worst_of_several() -> None:
    found = worst([measure([1.0], [1.1]), measure([1.0], [1.2]), measure("ab", "ax"), measure("a", "a")])
    assert (round(found.error, 6), found.agreement) == (0.2, 0.5)
    assert worst([]) == Accuracy(None, "", None)


def test_of_a_description_the_statistics_are_compared() -> None:
    vectors = [[float(row * column) for column in range(10)] for row in range(10)]
    nearby = [[value + 8.1 for value in row] for row in vectors]
    found = measure_described(describe({"embedding": vectors}), describe({"embedding": nearby}))
    assert found.error == pytest.approx(0.1, rel=1e-3)
    assert found.where.startswith("embedding (")


def test_a_long_list_against_a_short_one_is_another_decision() -> None:
    long, short = describe({"ids": list(range(40))}), describe({"ids": [1, 2]})
    assert measure_described(long, short) == Accuracy(None, "", 0.0)


def test_nan_in_a_description_is_off_without_end() -> None:
    numbers = [1.0] * 39
    assert measure_described(describe([*numbers, 1.0]), describe([*numbers, math.nan])).error == math.inf


def test_a_request_that_must_be_refused_and_is_answered_is_another_form() -> None:
    refused, answered = Case(raises="ValueError"), Case(output={"score": 1.0})
    assert judge(refused, answered).trouble == "expected raises, got output"
    assert judge(refused, Case(raises="InputError")) == Accuracy(None, "", None)
