"""The reader of module data: what a module would hold, without running it."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.sources.evaluate import Call, Opaque, evaluate, module_data


def value(text: str, **names: Any) -> Any:
    return evaluate(ast.parse(text, mode="eval").body, names)


def data(text: str) -> dict[str, Any]:
    return module_data(ast.parse(text), lambda node: {"there": {"k": 1}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2.5", -2.5),
        ("8 * 4 - 1", 31),
        ("1000 * 1000000", 1_000_000_000),
        ("[1] * 3 + [2]", [1, 1, 1, 2]),
        ("(1, *[2, 3])", (1, 2, 3)),
        ("{'a': 1, **{'b': 2}}", {"a": 1, "b": 2}),
        ("OrderedDict([('a', 1)], b=2)", {"a": 1, "b": 2}),
        ("OrderedDict[str, int]([('a', 1)])", {"a": 1}),
        ("OrderedDict(**{'a-b': 1})", {"a-b": 1}),
        ("list({'a': 1}.items())", [("a", 1)]),
        ("not is_torch_available()", False),
        ("'x' if is_tokenizers_available() else None", "x"),
        ("'x' if is_martian_available() else 'y'", "y"),
        ("known.thing if has(known) else 'default'", "default"),
        ("'a' in ['a']", True),
        ("'a' not in ['a']", False),
        ("nn.Module", Opaque("nn.Module")),
        ("Spec(C, kind='x')", Call("Spec", (Opaque("C"),), {"kind": "x"})),
        ("1 / 0", Opaque("1 / 0")),
        ("dict(1)", Opaque("dict(1)")),
        ("'x' * 10**9", Opaque("'x' * 10 ** 9")),
        ("[0] * 100000000", Opaque("[0] * 100000000")),
        ("__import__('os').system('true')", Call("__import__('os').system", ("true",), {})),
    ],
)
def test_expressions(text: str, expected: Any):
    assert value(text) == expected


def test_names_stand_for_what_they_hold():
    assert value("[a, b]", a=1) == [1, Opaque("b")]


def test_statements():
    text = (
        "from .other import there\n"
        "M = {'a': 1}\n"
        "M.update({'b': 2})\n"
        "M['c']: int = 3\n"
        "M['d'] = 4\n"
        "if TYPE_CHECKING:\n    M = None\nelse:\n    M.update(there)\n"
        "if unknown():\n    M = None\n"
        "for key, number in [('e', 5)]:\n    if key not in M:\n        M[key] = number\n"
        "for key in unknown():\n    M = None\n"
    )
    assert data(text)["M"] == {"a": 1, "b": 2, "c": 3, "d": 4, "k": 1, "e": 5}


def test_a_loop_over_a_set_has_an_order():
    text = "M = {}\nfor key in {'c', 'a', 'b'}:\n    M[key] = 1\n"
    assert list(data(text)["M"]) == ["a", "b", "c"]


LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(LITERALS)
def test_a_literal_is_its_value(literal: Any):
    assert value(repr(literal)) == literal
