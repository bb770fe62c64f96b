"""Descriptions: short, stable through a file, and telling whatever a comparison must notice."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from generator.specs.yaml_source import parse
from generator.validation import yaml_text
from generator.validation.compare import Status, compare
from generator.validation.summary import SMALL, compare_described, compare_descriptions, describe
from generator.validation.tolerances import PRECISIONS, Tolerances
from generator.validation.values import TooDeep, Unfit

from .strategies import another, answers, leaf_paths, plain_answers, with_leaf

RANDOM = np.random.RandomState(7)
EMBEDDINGS = RANDOM.randn(9, 32).astype("float32")
RANDOM_BOXES = RANDOM.uniform(0, 200, (80, 4)).tolist()
TOKENS = RANDOM.randint(0, 50000, (4, 40))
floats = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=12),
    elements=st.floats(-1000, 1000, width=32, allow_subnormal=False),
)


def through_a_file(described):
    """A description as it comes back from the expectations, by way of the observations' JSON."""
    observed = json.loads(json.dumps({"output": described}))
    return parse(yaml_text.dump(observed, "a header").encode(), "expectations.yaml").data["output"]


@given(answers)
def test_an_answer_matches_its_description_after_a_round_trip(answer):
    described = through_a_file(describe(answer))
    found = compare_described(described, answer)
    assert (found.status, found.confidence, found.total) == (Status.EXACT, 1.0, 0)


@given(answers)
def test_a_description_is_the_same_each_time_and_survives_the_round_trip(answer):
    once = yaml_text.dump({"output": describe(answer)}, "")
    assert once == yaml_text.dump({"output": describe(answer)}, "")
    assert once == yaml_text.dump({"output": through_a_file(describe(answer))}, "")


@given(plain_answers, st.data())
def test_any_changed_leaf_is_noticed(answer, data):
    paths = leaf_paths(answer)
    assume(paths)
    path = data.draw(st.sampled_from(paths))
    changed = with_leaf(answer, path, another)
    assume(not compare(answer, changed).agrees)
    assume(not _drowned(answer, changed))
    assert not compare_described(describe(answer), changed).agrees


def _drowned(answer, changed) -> bool:
    """Whether the change is too small beside the other numbers for a mean of them to show it."""
    sizes = [abs(n) for n in _floats(answer) + _floats(changed)]
    return bool(sizes) and max(sizes) > 1


def _floats(value):
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return [number for item in items for number in _floats(item)]
    return [value] if isinstance(value, float) and np.isfinite(value) else []


@pytest.mark.parametrize("form", ["array", "list"])
@given(array=floats, below=st.floats(0.05, 0.9), data=st.data())
def test_noise_below_the_tolerance_is_close(form, array, below, data):
    tolerance = PRECISIONS["float32"]
    signs = data.draw(hnp.arrays(np.float64, array.shape, elements=st.floats(-1, 1)))
    noisy = array + signs * below * tolerance.allowed(array, array)
    one, other = (array, noisy) if form == "array" else (array.tolist(), noisy.tolist())
    found = compare_described(describe(one), other)
    assert found.agrees, str(found)
    assert found.confidence >= 0.9 - 1e-9


@pytest.mark.parametrize("answer", [EMBEDDINGS, EMBEDDINGS.tolist(), {"a": [EMBEDDINGS.tolist()]}])
@pytest.mark.parametrize("index", [(0, 0), (0, 1), (3, 17), (8, 30), (8, 31)])
def test_one_changed_element_is_noticed(answer, index):
    described = describe(answer)
    changed = EMBEDDINGS.copy()
    changed[index] += 0.1
    same_form = changed if isinstance(answer, np.ndarray) else changed.tolist()
    actual = {"a": [same_form]} if isinstance(answer, dict) else same_form
    found = compare_described(described, actual)
    assert found.status is Status.VALUE_MISMATCH and found.confidence <= 0.5


@given(
    hnp.arrays(np.int64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2), elements=st.integers(-9, 9)),
    st.sampled_from([np.int64, np.float32, np.float64]),
    st.sampled_from([0, 1]),
    st.data(),
)
def test_permuted_rows_or_columns_are_noticed(matrix, dtype, axis, data):
    order = data.draw(st.permutations(range(matrix.shape[axis])))
    permuted = np.take(matrix, order, axis=axis)
    assume((permuted != matrix).any())
    matrix, permuted = matrix.astype(dtype), permuted.astype(dtype)
    assert not compare_described(describe(matrix), permuted).agrees
    assert not compare_described(describe(matrix.tolist()), permuted.tolist()).agrees


@pytest.mark.parametrize("width", [32, 34, 55, 64, 89, 768])
def test_any_two_swapped_rows_of_a_wide_matrix_are_noticed(width):
    matrix = RANDOM.randn(6, width).astype("float32")
    described = describe(matrix)
    for one in range(6):
        for other in range(one):
            swapped = matrix.copy()
            swapped[[one, other]] = matrix[[other, one]]
            assert not compare_described(described, swapped).agrees


@pytest.mark.parametrize(
    ("answer", "actual", "status"),
    [
        (EMBEDDINGS, np.full_like(EMBEDDINGS, EMBEDDINGS.mean()), Status.VALUE_MISMATCH),
        (EMBEDDINGS, EMBEDDINGS.T, Status.SHAPE_MISMATCH),
        (EMBEDDINGS, EMBEDDINGS.reshape(-1), Status.SHAPE_MISMATCH),
        (EMBEDDINGS, EMBEDDINGS[:8], Status.SHAPE_MISMATCH),
        (EMBEDDINGS, EMBEDDINGS.astype(int), Status.TYPE_MISMATCH),
        (EMBEDDINGS, EMBEDDINGS.tolist(), Status.TYPE_MISMATCH),
        (EMBEDDINGS.tolist(), EMBEDDINGS, Status.TYPE_MISMATCH),
        (EMBEDDINGS.tolist(), EMBEDDINGS.astype(int).tolist(), Status.TYPE_MISMATCH),
        (EMBEDDINGS.tolist(), EMBEDDINGS[:1, :4].tolist(), Status.SHAPE_MISMATCH),
        (EMBEDDINGS[:1, :4].tolist(), EMBEDDINGS.tolist(), Status.SHAPE_MISMATCH),
        (EMBEDDINGS.tolist(), "text", Status.TYPE_MISMATCH),
        (EMBEDDINGS, EMBEDDINGS.astype("float64"), Status.EXACT),
        (EMBEDDINGS, EMBEDDINGS.astype("float16"), Status.CLOSE),
        (EMBEDDINGS, np.where(EMBEDDINGS > 2, np.nan, EMBEDDINGS), Status.VALUE_MISMATCH),
        (TOKENS, TOKENS.astype(float), Status.TYPE_MISMATCH),
        (TOKENS, TOKENS.astype("int32"), Status.EXACT),
        (TOKENS, TOKENS[::-1], Status.VALUE_MISMATCH),
        (TOKENS > 9, TOKENS > 10000, Status.VALUE_MISMATCH),
        (TOKENS.tolist(), (TOKENS + 1).tolist(), Status.VALUE_MISMATCH),
        (np.zeros((2, 0)), np.zeros((2, 0)), Status.EXACT),
        (np.zeros((2, 0)), np.zeros((0, 2)), Status.SHAPE_MISMATCH),
        (np.zeros(3, "float32"), np.zeros(3, "int32"), Status.TYPE_MISMATCH),
        (np.zeros(3, "float32"), np.full(3, 0.5, "float32"), Status.VALUE_MISMATCH),
        (1, 1.0, Status.TYPE_MISMATCH),
        (1, True, Status.TYPE_MISMATCH),
        ({"a": 1, "b": 2}, {"a": 1}, Status.MISSING_KEY),
        ({"a": 1}, {"a": 1, "b": 2}, Status.EXTRA_KEY),
        ({"$type": "list"}, {"$type": "array"}, Status.VALUE_MISMATCH),
        ({"$type": 1, "$$": {"$type": 2}}, {"$type": 1, "$$": {"$type": 2}}, Status.EXACT),
        ({"s": 1.0000004}, {"s": 1.0}, Status.EXACT),
        ({"s": float("nan")}, {"s": float("nan")}, Status.EXACT),
        (1e-30, 2e-30, Status.CLOSE),
    ],
)
def test_what_a_description_notices(answer, actual, status):
    assert compare_described(through_a_file(describe(answer)), actual).status is status


def frames(count: int = 80) -> list[dict]:
    """Many mappings with the same keys, as the frames of a recording or the boxes of a picture."""
    return [
        {"label": f"l{i % 3}", "box": RANDOM_BOXES[i], "scores": {"A": i / 7, "B": -i / 9}}
        for i in range(count)
    ]


def test_many_mappings_with_the_same_keys_are_described_by_column():
    described = describe({"frames": frames()})
    assert described["frames"]["$type"] == "table" and described["frames"]["rows"] == 80
    assert len(yaml_text.dump({"output": described}, "")) < len(yaml_text.dump({"output": frames()}, "")) / 3
    assert compare_described(through_a_file(described), {"frames": frames()}).confidence == 1


@given(st.integers(0, 79), st.sampled_from(["label", "box", "scores", "drop", "swap", "key"]))
def test_what_changes_in_one_row_of_a_table_is_noticed(index, what):
    changed = frames()
    row = changed[index]
    match what:
        case "label":
            row["label"] = "other"
        case "box":
            row["box"] = [*row["box"][:3], row["box"][3] + 100]
        case "scores":
            row["scores"] = {**row["scores"], "B": 2.5}
        case "drop":
            del changed[index]
        case "swap":
            changed[index], changed[index - 1] = changed[index - 1], row
        case "key":
            row["more"] = 1
    assert not compare_described(through_a_file(describe(frames())), changed).agrees


@pytest.mark.parametrize("index", range(4 * 40))
def test_a_whole_number_off_by_one_is_noticed_anywhere(index):
    changed = TOKENS.copy()
    changed.flat[index] += 1
    assert not compare_described(describe(TOKENS), changed).agrees


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_are_known_by_their_places(number):
    one, other = np.ones(40), np.ones(40)
    one[17], other[18] = number, number
    assert compare_described(describe(one), one).status is Status.EXACT
    assert not compare_described(describe(one), other).agrees
    assert not compare_described(describe(one), np.ones(40)).agrees
    assert compare_described(describe(np.full(40, number)), np.full(40, number)).confidence == 1


def test_nan_is_not_infinity():
    one, other = np.ones(40), np.ones(40)
    one[17], other[17] = float("nan"), float("inf")
    found = compare_described(describe(one), other)
    assert found.status is Status.VALUE_MISMATCH and "NaN or infinite" in str(found)


def test_a_tensor_is_described_as_an_array():
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(EMBEDDINGS)
    assert describe(tensor) == describe(EMBEDDINGS)
    assert describe(tensor.bfloat16())["dtype"] == "bfloat16"
    assert compare_described(describe(tensor), tensor.bfloat16()).status is Status.CLOSE
    assert describe({"score": torch.tensor(0.5)}) == {"score": 0.5}


def test_few_numbers_are_written_out_and_many_are_summarized():
    few, many = list(range(SMALL)), list(range(SMALL + 1))
    assert describe(few) == few
    assert describe(many)["$type"] == "list"
    assert describe(np.float32([0.1, 0.2])) == {
        "$type": "array",
        "dtype": "float32",
        "shape": [2],
        "values": [0.1, 0.2],
    }


def test_what_is_said_of_a_summary():
    found = compare_described(describe({"e": EMBEDDINGS}), {"e": EMBEDDINGS + 1})
    assert str(found).startswith("e: ") and "expected" in str(found) and "off by 1" in str(found)
    missing = compare_descriptions(describe({"e": EMBEDDINGS}), {})
    assert str(missing) == "e: missing; expected array of float32, shape [9, 32]"


def test_a_looser_precision_can_be_asked_for():
    rough = (EMBEDDINGS * 1.01).tolist()
    assert not compare_described(describe(EMBEDDINGS.tolist()), rough).agrees
    computed = Tolerances(computed_in="bfloat16")
    assert compare_described(describe(EMBEDDINGS.tolist()), rough, computed).agrees


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [b"x"]}, r"a\[0\]: cannot describe builtins.bytes"),
        ({"a": {1: "x"}}, "a: a key must be a string, not 1"),
        (object(), "the answer: cannot describe builtins.object"),
        (1j, "the answer: cannot describe builtins.complex"),
        (np.array([1j]), r"\[0\]: cannot describe builtins.complex"),
        ({"n": 2**64}, "n: 18446744073709551616 does not fit into 64 bits"),
    ],
)
def test_what_is_no_answer_is_refused_by_name(value, message):
    with pytest.raises(Unfit, match=message):
        describe(value)


def test_an_answer_that_holds_itself_is_refused():
    endless: list = []
    endless.append(endless)
    with pytest.raises(TooDeep):
        describe(endless)
