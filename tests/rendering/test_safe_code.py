"""Whatever a spec holds, what a filter makes of it is inert, and says what the spec said."""

from __future__ import annotations

import ast
import io
import tokenize
from datetime import date
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.safe_code import Code, UnsafeValue, comment, doc, identifier, indent, join, literal

HOSTILE = [
    '"""',
    "'''",
    "\\",
    '"',
    "a\nb",
    "{{ x }}",
    "\r",
    "\x00",
    "\\N{BULLET}",
    '\\"""',
    "__import__('os')",
    "#",
    "\u2028",
    "\ud800",
]
texts = st.one_of(st.text(), st.lists(st.sampled_from([*HOSTILE, "a", " "])).map("".join))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.one_of(texts, st.integers()), inner),
    ),
)


@given(values)
def test_a_literal_evaluates_to_the_value(value):
    assert ast.literal_eval(literal(value)) == value
    assert "\n" not in literal(value) and "\r" not in literal(value)


@pytest.mark.parametrize("number", [float("inf"), float("-inf")])
def test_infinity_has_a_literal_too(number):
    assert eval(literal(number), {"__builtins__": {"float": float}}) == number


def test_an_enum_is_its_value():
    colour = StrEnum("colour", {"RED": "red"})
    assert literal([colour.RED]) == "['red']"


@pytest.mark.parametrize("value", [{1, 2}, date(2020, 1, 2), object(), b"bytes", lambda: 0])
def test_what_has_no_literal_is_refused(value):
    with pytest.raises(UnsafeValue):
        literal(value)


@given(texts)
def test_prose_cannot_leave_its_docstring(text):
    for source in (
        f'"""{doc(text)}"""\n',
        f'"""{doc(text)}{doc(text)}\n"""\n',
        f'"""x {doc(text)} y"""\n',
    ):
        [statement] = ast.parse(source).body
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    said = ast.literal_eval(f'"""{doc(text)}"""')
    assert said == "".join(map(spelt_out, text.replace("\r\n", "\n")))


def spelt_out(char: str) -> str:
    seen = char == "\n" or char.isprintable()
    return char if seen else char.encode("unicode_escape").decode()


@given(texts)
def test_prose_cannot_leave_its_comment(text):
    source = f"x = 1  # {comment(text)}\n"
    kinds = [token.type for token in tokenize.generate_tokens(io.StringIO(source).readline)]
    assert kinds.count(tokenize.COMMENT) == 1
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse("x = 1"))


@pytest.mark.parametrize(
    "directive",
    [
        "noqa",
        "NOQA: F401",
        "x # noqa",
        "fmt: off",
        "type: ignore",
        "ruff: noqa",
        "-*- coding: latin-1 -*-",
        "vim: fileencoding=utf-16",
    ],
)
def test_prose_is_no_directive(directive):
    written = comment(directive)
    assert "noqa" not in written.lower().replace("<noqa>", "")
    assert not any(word in written for word in ("fmt: off", "type: ignore"))
    assert compile(f"# {written}\n'é'\n".encode(), "x", "exec")


def test_ordinary_prose_is_left_alone():
    prose = "padding changes its answers: this type of model runs one by one (see https://x.org/a)"
    assert comment(prose) == prose and doc(prose) == prose and doc('say "hi" now') == 'say "hi" now'


@given(texts)
def test_an_identifier_is_one_or_is_refused(text):
    try:
        written = identifier(text)
    except UnsafeValue:
        return
    assert written == text and text.isidentifier() and text.isascii()
    ast.parse(f"{written} = 1")


@pytest.mark.parametrize("text", ["class", "None", "a b", "a.b", "", "1a", "é", "__import__", "x\n", "ﬁ"])
def test_what_is_no_name_is_refused(text):
    with pytest.raises(UnsafeValue):
        identifier(text)


def test_join_and_indent_take_code_only():
    assert join([literal(1), literal("a")], ", ") == "1, 'a'"
    assert indent(Code("a\n\nb"), 2) == "a\n\n  b"
    for unsafe in (
        lambda: join(["a"], ", "),
        lambda: join([Code("a")], "x=1"),
        lambda: indent("a\nb"),
    ):
        with pytest.raises(UnsafeValue):
            unsafe()


@pytest.mark.parametrize("mixed", [Code("a") + "b", "b" + Code("a"), Code("a").upper(), f"{Code('a')}"])
def test_code_that_was_changed_is_data_again(mixed):
    assert not isinstance(mixed, Code)
