"""The comparison: what counts as a difference, what is said of it, and how sure it is."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.validation.compare import Status, compare
from generator.validation.tolerances import PRECISIONS, Tolerances
from generator.validation.values import TooDeep, Unfit

from .strategies import another, answers, leaf_paths, plain_answers, with_leaf

finite = st.floats(-1e6, 1e6, allow_subnormal=False)
TORCH_DTYPES = ["float64", "float32", "float16", "bfloat16", "int64", "uint8", "bool"]


@given(answers)
def test_an_answer_is_exactly_itself(answer):
    found = compare(answer, answer)
    assert (found.status, found.confidence, found.differences) == (Status.EXACT, 1.0, ())


@given(answers, answers)
def test_which_answer_comes_first_changes_nothing_but_extra_and_missing(one, other):
    swapped = {Status.EXTRA_KEY: Status.MISSING_KEY, Status.MISSING_KEY: Status.EXTRA_KEY}
    there, back = compare(one, other), compare(other, one)
    if there.status in swapped:
        assert back.status in swapped
    else:
        assert there.status == back.status
    assert there.confidence == pytest.approx(back.confidence)
    assert there.total == back.total


@given(answers, answers)
def test_confidence_says_the_same_as_the_status(one, other):
    found = compare(one, other)
    assert 0 <= found.confidence <= 1
    assert found.confidence == 1 or found.status is not Status.EXACT
    assert (found.confidence >= 0.9 - 1e-9) == found.agrees
    assert (found.confidence <= 0.5) == (not found.agrees) == bool(found.differences)


@given(plain_answers, st.data())
def test_a_further_difference_never_raises_the_confidence(answer, data):
    paths = leaf_paths(answer)
    chosen = data.draw(st.permutations(paths)) if paths else []
    changed, confidences = answer, [compare(answer, answer).confidence]
    for path in chosen[:8]:
        changed = with_leaf(changed, path, another)
        confidences.append(compare(answer, changed).confidence)
    assert all(after <= before + 1e-12 for before, after in itertools.pairwise(confidences))
    assert not chosen or confidences[1] <= 0.5


@given(st.dictionaries(st.text(max_size=3), plain_answers, min_size=1, max_size=5), st.data())
def test_a_dropped_or_added_key_never_raises_the_confidence(answer, data):
    changed, confidence = dict(answer), 1.0
    for key in data.draw(st.permutations(sorted(answer))):
        del changed[key]
        found = compare(answer, changed)
        assert found.status in (Status.MISSING_KEY,) and found.confidence <= confidence
        confidence = found.confidence
    extra = compare({}, answer)
    assert extra.status is Status.EXTRA_KEY and extra.total == len(answer)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@given(st.floats(-1e3, 1e3, allow_subnormal=False), st.floats(0.01, 0.9), st.floats(1.2, 50))
def test_below_the_tolerance_is_close_and_above_it_is_not(dtype, number, below, above):
    tolerance = PRECISIONS[dtype]
    step = float(tolerance.allowed(number, number))
    computed = Tolerances(computed_in=dtype)
    one = np.array([number], dtype="float64")
    near, far = one + below * step, one + above * step * (1 + 2 * tolerance.relative)
    assert compare(one, near, computed).status in (Status.CLOSE, Status.EXACT)
    assert compare(one, near, computed).confidence >= 0.9
    assert compare(one, far, computed).status is Status.VALUE_MISMATCH


@given(finite, st.floats(1e-3, 1e3), st.floats(1.1, 10))
def test_further_off_is_less_sure(number, distance, factor):
    near = compare([number], [number + distance]).confidence
    far = compare([number], [number + distance * factor]).confidence
    assert far <= near


def test_the_confidence_falls_all_the_way_from_close_to_far_off():
    actual = [1.0, 1.00001, 1.00005, 1.001, 1.5, 0.0, -0.3, -5.0]
    confidences = [compare([1.0], [number]).confidence for number in actual]
    assert all(after < before for before, after in itertools.pairwise(confidences))


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20), st.data())
def test_an_array_is_less_sure_the_more_of_it_differs(numbers, data):
    expected = np.array(numbers)
    changed, confidence = expected.copy(), 1.0
    for index in data.draw(st.permutations(range(len(numbers)))):
        changed[index] += 1000
        found = compare(expected, changed)
        assert found.status is Status.VALUE_MISMATCH
        assert found.confidence <= confidence
        confidence = found.confidence


@pytest.mark.parametrize(
    ("expected", "actual", "status"),
    [
        (True, 1, Status.TYPE_MISMATCH),
        (1, 1.0, Status.TYPE_MISMATCH),
        (0, False, Status.TYPE_MISMATCH),
        (None, 0, Status.TYPE_MISMATCH),
        ("1", 1, Status.TYPE_MISMATCH),
        ([], {}, Status.TYPE_MISMATCH),
        ([], None, Status.TYPE_MISMATCH),
        ([1.0], np.array([1.0]), Status.TYPE_MISMATCH),
        (np.array([1]), np.array([1.0]), Status.TYPE_MISMATCH),
        (np.array([1]), np.array([True]), Status.TYPE_MISMATCH),
        (np.zeros((2, 3)), np.zeros((3, 2)), Status.SHAPE_MISMATCH),
        (np.zeros((0, 3)), np.zeros((0, 2)), Status.SHAPE_MISMATCH),
        (np.zeros((0, 3)), np.zeros((0, 3)), Status.EXACT),
        ([1, 2], [1], Status.LENGTH_MISMATCH),
        ([], [[]], Status.LENGTH_MISMATCH),
        ("a", "b", Status.VALUE_MISMATCH),
        ("", "", Status.EXACT),
        (2**70, 2**70 + 1, Status.VALUE_MISMATCH),
        (float("nan"), float("nan"), Status.EXACT),
        (float("nan"), 0.0, Status.VALUE_MISMATCH),
        (float("inf"), float("inf"), Status.EXACT),
        (float("inf"), float("-inf"), Status.VALUE_MISMATCH),
        (float("inf"), 1e300, Status.VALUE_MISMATCH),
        (1e308, -1e308, Status.VALUE_MISMATCH),
        (0.0, -0.0, Status.EXACT),
        (0.0, 1e-7, Status.CLOSE),
        (0.0, 1e-3, Status.VALUE_MISMATCH),
        ((1, 2), [1, 2], Status.EXACT),
        (np.float32(0.5), 0.5, Status.EXACT),
        (np.int64(3), 3, Status.EXACT),
        (np.bool_(True), True, Status.EXACT),
        (np.bool_(True), 1, Status.TYPE_MISMATCH),
        (np.str_("a"), "a", Status.EXACT),
        (np.array(["a", "b"]), ["a", "b"], Status.EXACT),
        (np.array(0.5), 0.5, Status.EXACT),
        (np.array([0.1], "float32"), np.array([0.1], "float16"), Status.CLOSE),
        (np.array([1], "int8"), np.array([1], "uint64"), Status.EXACT),
        (np.array([2**62 + 1]), np.array([2**62]), Status.VALUE_MISMATCH),
        ({1: "a"}, {1: "b"}, Status.VALUE_MISMATCH),
    ],
)
def test_what_is_a_difference(expected, actual, status):
    assert compare(expected, actual).status is status


@pytest.mark.parametrize("dtype", TORCH_DTYPES)
def test_a_tensor_is_compared_as_an_array(dtype):
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([[0, 1], [1, 0]], dtype=getattr(torch, dtype))
    assert compare(tensor, tensor.clone()).status is Status.EXACT
    assert compare(tensor, 1 - tensor.int()).status.agrees is False
    wide = tensor.float().numpy() if dtype == "bfloat16" else tensor.numpy()
    assert compare(tensor, wide).status is Status.EXACT
    assert compare(tensor, tensor.reshape(4)).status is Status.SHAPE_MISMATCH


def test_a_tensor_that_needs_a_gradient_or_has_no_axes():
    torch = pytest.importorskip("torch")
    assert compare(torch.nn.Parameter(torch.ones(2)), np.ones(2)).status is Status.EXACT
    assert compare(torch.tensor(2), 2).status is Status.EXACT
    assert compare(torch.tensor(0.5, dtype=torch.bfloat16), 0.5).status is Status.EXACT


def test_a_bfloat16_tensor_is_held_to_its_own_tolerance():
    torch = pytest.importorskip("torch")
    exact = torch.linspace(0, 1, 50)
    assert compare(exact, exact.bfloat16()).status is Status.CLOSE
    assert compare(exact, exact.bfloat16().float()).status is Status.VALUE_MISMATCH


def test_a_looser_precision_can_be_asked_for():
    answer, rounded = {"score": 0.5}, {"score": 0.503}
    assert not compare(answer, rounded).agrees
    assert compare(answer, rounded, Tolerances(computed_in="bfloat16")).agrees


def test_a_difference_is_said_where_and_how_large():
    expected = {"fills": [[{"score": 0.5}, {"score": 0.123}]]}
    actual = {"fills": [[{"score": 0.5}, {"score": 0.456}]]}
    (found,) = compare(expected, actual).differences
    assert str(found) == ("fills[0][1].score: expected 0.123, got 0.456 (off by 0.333, tolerance 1.23e-05)")


@pytest.mark.parametrize(
    ("expected", "actual", "text"),
    [
        (1, 2, "the answer: expected 1, got 2"),
        ("a", 1, "the answer: expected str 'a', got int 1"),
        (None, [1], "the answer: expected None, got list of 1"),
        ({"a": 1}, {}, "a: missing; expected 1"),
        ({}, {"a": {"b": 1}}, "a: not expected; got dict of 1"),
        ({"a": [1, 2]}, {"a": [1]}, "a: expected 2 items, got 1"),
        ("x" * 200, "", "the answer: expected '" + "x" * 76 + "..., got ''"),
        (
            np.zeros((2, 2)),
            np.array([[0, 0], [0, 0.5]]),
            "the answer: 1 of 4 values differ, most at [1, 1]: "
            "expected 0, got 0.5 (off by 0.5, tolerance 1e-12)",
        ),
        (
            np.zeros(2, "float32"),
            [0.0, 0.0],
            "the answer: expected array of float32, shape [2], got list of 2",
        ),
    ],
)
def test_the_words_of_a_difference(expected, actual, text):
    assert str(compare(expected, actual)) == text


def test_only_the_first_differences_are_kept_and_the_rest_are_counted():
    found = compare(list(range(100)), list(range(1, 101)))
    assert len(found.differences) == 8 and found.total == 100
    assert str(found).endswith("and 92 more")


def test_the_worst_leaf_decides_the_status():
    expected = {"a": 1, "b": 0.5, "c": "x"}
    assert compare(expected, {"a": 1, "b": 0.500001, "c": "x"}).status is Status.CLOSE
    assert compare(expected, {"a": 2, "b": 0.500001, "c": "x"}).status is Status.VALUE_MISMATCH
    assert compare(expected, {"a": 2, "b": "?", "c": "x"}).status is Status.TYPE_MISMATCH


def test_an_answer_that_holds_itself_is_refused():
    endless: list = []
    endless += [endless, endless]
    with pytest.raises(TooDeep, match="does it hold itself"):
        compare(endless, endless)
    with pytest.raises(TooDeep):
        compare({"a": endless}, {})
    with pytest.raises(TooDeep):
        compare(1, endless)


def test_what_is_no_answer_is_refused_by_name():
    with pytest.raises(Unfit, match=r"image: cannot compare builtins\.bytes"):
        compare({"image": b"a"}, {"image": b"a"})
    assert compare({"image": "a"}, {"image": b"a"}).status is Status.TYPE_MISMATCH


def test_comparing_does_not_import_torch():
    code = (
        "import sys; from generator.validation import summary;"
        "summary.compare_described({}, {}); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
