"""What samples use: parsed with `ast`, broken ones as far as they go."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.sources.samples import Use, uses


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('pipeline("fill-mask", "a/b")', Use(7, task="fill-mask", checkpoint="a/b")),
        ('pipeline(model="a/b")', Use(7, checkpoint="a/b")),
        ('AutoModel.from_pretrained("a/b")', Use(7, class_name="AutoModel", checkpoint="a/b")),
        ('X.from_pretrained(pretrained_model_name_or_path="a/b")', Use(7, class_name="X", checkpoint="a/b")),
        ('X.from_pretrained("./here")', Use(7, class_name="X")),
        ('X.from_pretrained("path/to/model")', Use(7, class_name="X")),
        ('X.from_pretrained("your-name/model")', Use(7, class_name="X")),
        ('X.from_pretrained(f"a/{b}")', Use(7, class_name="X")),
    ],
)
def test_one_call(code: str, expected: Use):
    assert uses(code, 7) == (expected,)


def test_a_prompt_is_not_a_task():
    assert uses('pipeline("Once upon a time")', 1) == ()


def test_a_name_stands_for_the_checkpoint_it_was_given():
    code = 'name = "a/b"\nmodel = AutoModel.from_pretrained(name)\n'
    assert uses(code, 1) == (Use(2, class_name="AutoModel", checkpoint="a/b"),)


def test_a_sample_that_breaks_counts_up_to_the_break():
    code = 'A.from_pretrained("a/b")\nand then ...\nB.from_pretrained("c/d")\n'
    assert uses(code, 1) == (Use(1, class_name="A", checkpoint="a/b"),)


def test_prompts_and_output_are_not_code():
    code = (
        '>>> for x in [1]:\n...     A.from_pretrained("a/b")\n...\nsome output (\nB.from_pretrained("c/d")\n'
    )
    assert [use.line for use in uses(code, 1)] == [2, 5]


PIECES = [">>> ", "... ", "(", ")", 'pipeline("a", ', 'model="b/c")', "X.from_pretrained("]
BREAKS = ["\n", "\0", "\x0c", "\\", '"""', "if ", ":"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES + BREAKS) | st.text(max_size=5)).map("".join))
def test_any_text_is_read_without_an_error(code: str):
    assert all(use.line >= 1 for use in uses(code, 1))


def test_deep_nesting_is_not_an_error():
    assert uses("(" * 100_000, 1) == ()
    assert uses("-" * 50_000 + "1", 1) == ()
