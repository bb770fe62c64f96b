"""Whatever the text: no crash, a second run changes nothing, nothing is made worse, valid code stays."""

from __future__ import annotations

import ast
import random
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.sanity.repair import repair
from generator.sanity.repair.lexer import lex, split_lines
from generator.sanity.repair.statements import is_sound, parses, statements

OWN = sorted(Path(__file__).parents[2].glob("generator/*/*.py"))
SOURCES = [path.read_text("utf-8") for path in OWN if 0 < path.stat().st_size < 8000]
BITS = [
    "(",
    ")",
    "]",
    "{",
    "'",
    '"',
    '"""',
    ":",
    "\n",
    "\t",
    "    ",
    "`",
    "!",
    "&&",
    "“",
    "’",
    "\\",
    "#",
    "x",
    " if ",
]
BITS += [
    "```\n",
    ">>> ",
    "In [1]: ",
    "\r",
    "\x0c",
    "\x00",
    "\u2028",
    "é",
    "else if ",
    "true",
    "os.sep",
    "\ud800",
]


@st.composite
def hurt_code(draw) -> str:
    """Some lines of a real module, hurt in a few places."""
    lines = split_lines(draw(st.sampled_from(SOURCES)))
    start = draw(st.integers(0, len(lines) - 1))
    text = "".join(lines[start : start + draw(st.integers(1, 25))])
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 6))
        text = text[:at] + draw(st.sampled_from(["", *BITS])) + text[at + gone :]
    return text


def unsound(text: str) -> int:
    lines = split_lines(text)
    return sum(not is_sound(lines, statement) for statement in statements(lines))


def check(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (once,) = repair([text])
        (twice,) = repair([once.text])
        assert twice.text == once.text
        assert (once.text == text) == (once.changes == ())
        assert (parses(once.text) is not None) == bool(once.left)
        if parses(text) is None:
            assert parses(once.text) is None
        elif parses(once.text) is not None and once.changes:
            assert unsound(once.text) < unsound(text)


@settings(max_examples=60, deadline=None)
@given(hurt_code())
def test_hurt_code(text):
    check(text)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(BITS), max_size=25).map("".join))
def test_any_text(text):
    check(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["", "'", '"', '"""', "'''"]))
def test_tokens_lie_in_their_line_in_order(text, state):
    for line in split_lines(text):
        tokens, state = lex(line, state)
        assert all(token.text == line[token.start : token.end] for token in tokens)
        assert all(a.end <= b.start for a, b in zip(tokens, tokens[1:], strict=False))


@given(st.text(st.characters() | st.sampled_from("\r\n")))
def test_lines_add_up_to_their_text(text):
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line.rstrip("\r\n") + line[len(line.rstrip("\r\n")) :] == line for line in lines)


def test_this_projects_own_code_is_left_alone():
    texts = random.Random(3).sample(SOURCES, 60)
    for text, repaired in zip(texts, repair(texts), strict=True):
        assert repaired.text == text
        assert (repaired.changes, repaired.left) == ((), ())
        lines = split_lines(text)
        assert all(is_sound(lines, statement) for statement in statements(lines))


@pytest.mark.parametrize("depth", [300, 3000])
def test_deep_nesting_is_no_crash(depth):
    for text in ("(" * depth, "x = " + "(" * depth + ")" * depth, "-" * depth + "1", "if 1:\n" * depth):
        check(text + "\n")


def test_a_long_table_with_one_bracket_lost_takes_no_time():
    rows = [f"    ({i}, 'a{i}', None),\n" for i in range(3000)]
    rows[1500] = rows[1500].replace("),", ",")
    (repaired,) = repair(["TABLE = [\n" + "".join(rows) + "]\n"])
    assert ast.parse(repaired.text)
