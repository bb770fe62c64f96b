"""Which calls a program takes: sizes, unknowns among them, and what must be true of these."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skillset_runtime.calls import Form, beyond_one, form, of_one, shortened


def asked(batch, length, kept):
    """The form of a call with a cache, as sizes."""
    return program(batch, length, kept, kept + length)


def program(*sizes, conditions=()):
    batch, length, kept, all_ = sizes
    tensors = (
        ("attention_mask", "int64", (batch, all_)),
        ("input_ids", "int64", (batch, length)),
        ("keys", "float32", (batch, 4, kept, 8)),
    )
    return Form(tensors, (("use_cache", "True"),), conditions)


SIZES = st.integers(1, 40)


@given(SIZES, SIZES, SIZES)
def test_unknowns_take_any_size_and_terms_the_one_that_they_come_to(batch, length, kept):
    open_program = program("s1", "s2", "s3", "s2 + s3")
    assert open_program.takes(asked(batch, length, kept))
    assert not open_program.takes(program(batch, length, kept, kept + length + 1))


@given(SIZES, SIZES)
def test_an_unknown_is_of_one_size_wherever_it_stands(one, other):
    square = Form((("bias", "float32", ("s1", "s1")),), ())
    assert square.takes(Form((("bias", "float32", (one, other)),), ())) == (one == other)


@given(SIZES, SIZES, SIZES)
def test_what_the_model_went_by_must_be_true(batch, length, kept):
    conditions = ("s2 % 4 != 0", "max(s2, s3) <= 30", "math.ceil(s2 / 8) == 2")
    conditional = program("s1", "s2", "s3", None, conditions=conditions)
    expected = length % 4 != 0 and max(length, kept) <= 30 and 8 < length <= 16
    assert conditional.takes(asked(batch, length, kept)) == expected


@given(SIZES, SIZES, SIZES)
def test_a_form_is_kept_as_json_and_opened_again(batch, length, kept):
    conditional = program("s1", "s2", 3, None, conditions=("s2 > 3",))
    again = Form.of_plain(json.loads(json.dumps(conditional.plain())))
    assert again == conditional
    wanted = asked(batch, length, kept)
    assert again.takes(wanted) == conditional.takes(wanted) == (kept == 3 and length > 3)
    assert conditional.open().takes(wanted)


@pytest.mark.parametrize(
    "other",
    [
        Form((("ids", "int64", (2, 3)),), ()),
        Form((("input_ids", "int32", (2, 3)),), ()),
        Form((("input_ids", "int64", (2, 3, 1)),), ()),
        Form((("input_ids", "int64", (2, 3)), ("mask", "int64", (2, 3))), ()),
        Form((("input_ids", "int64", (2, 3)),), (("use_cache", "True"),)),
    ],
)
def test_calls_that_differ_in_more_than_sizes_are_others(other):
    mine = Form((("input_ids", "int64", (None, None)),), ())
    assert mine.takes(Form((("input_ids", "int64", (2, 3)),), ()))
    assert not mine.takes(other)


@pytest.mark.parametrize("condition", ["s2 % (s1 - 1) == 0", "s2 // (s3 - 1) > 0"])
def test_where_nothing_could_be_divided_by_a_program_takes_nothing(condition):
    assert not program("s1", "s2", "s3", None, conditions=(condition,)).takes(asked(1, 8, 1))


def test_floats_of_sizes_are_computed_as_torch_prints_them():
    conditions = ("math.trunc(0.5*torch.sym_float(s2)) == 4", "torch.sym_float(s2) ** (-0.5) < 0.5")
    conditional = program("s1", "s2", "s3", None, conditions=conditions)
    assert [length for length in range(1, 12) if conditional.takes(asked(2, length, 3))] == [8, 9]


def call(batch, length, twice=False):
    ids, mask = torch.ones(batch, length).long(), torch.ones(batch, length * (1 + twice)).long()
    return {"input_ids": ids, "attention_mask": mask}


def open_call(*conditions, mask="s2"):
    sizes = (("attention_mask", "int64", ("s1", mask)), ("input_ids", "int64", ("s1", "s2")))
    return Form(sizes, (), conditions)


@settings(deadline=None)  # the first loads transformers
@given(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40))
def test_a_shorter_call_is_one_that_the_program_takes(batch, length, least):
    accepted = open_call(f"s2 >= {least}")
    cut = shortened(call(batch, length), accepted)
    if cut is None:
        assert length <= 2 or length - 1 < least
    else:
        assert accepted.takes(form(cut))
        assert cut["input_ids"].shape == cut["attention_mask"].shape
        assert max(least, 2, length // 2) == cut["input_ids"].shape[1] < length
        assert cut["input_ids"].shape[0] == batch


def test_a_shorter_call_keeps_what_must_be_true_and_proportions():
    assert shortened(call(2, 128), open_call("s2 % 64 == 0"))["input_ids"].shape == (2, 64)
    assert shortened(call(2, 64), open_call("s2 % 64 == 0")) is None
    cut = shortened(call(2, 8, twice=True), open_call(mask="2*s2"))
    assert (cut["input_ids"].shape, cut["attention_mask"].shape) == ((2, 4), (2, 8))


def test_a_call_of_one_element_is_tried_and_can_be_left_out():
    accepted = open_call("s2 <= 40")
    single = of_one(call(2, 8), accepted)
    assert single["input_ids"].shape == single["attention_mask"].shape == (2, 1)
    assert of_one(call(2, 1), accepted) is None
    beyond = beyond_one(call(2, 8), accepted)
    assert beyond.conditions == ("s2 <= 40", "s2 != 1")
    assert [beyond.takes(form(call(1, length))) for length in (1, 2, 41)] == [False, True, False]
