"""Strings that try to be more than text, and how many cases each property is tried on.

`HOSTILE_TIMES=20 pytest tests/hostile` tries that many times as many.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from functools import cache
from itertools import zip_longest
from types import CodeType
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from generator.errors import ProblemsFound

CASES = {
    "facts": 1500,
    "overlays": 500,
    "whole files": 15,
    "tasks": 800,
    "targets": 300,
    "yaml": 1500,
    "quoted": 1500,
    "docs": 600,
    "paths": 1500,
    "types": 1000,
    "templates": 1000,
    "bare": 800,
    "report": 100,
    "pages": 200,
}
_TIMES = int(os.environ.get("HOSTILE_TIMES", "1"))

QUOTES = [
    '"',
    "'",
    '"""',
    "'''",
    '\\"""',
    '"""\n',
    "\\",
    "\\\\",
    '\\N{BULLET}"',
    "`",
    "```",
    "\\x22",
    "\\u0022",
]
NEWLINES = [
    "\n",
    "\r",
    "\r\n",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\\\n",
    "\n\n",
]
UNSEEN = [
    *(chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)),
    *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u00a0", "\u3000"),
    *(
        "\x00",
        "\x07",
        "\x08",
        "\x1a",
        "\x1b[31m",
        "\x1b]0;x\x07",
        "\x7f",
        "\ud800",
        "\udfff",
        "\ue000",
        "\U000e0041",
    ),
]
TEMPLATES = [
    "{{ 7 * 7 }}",
    "{{",
    "}}",
    "{% raw %}",
    "{% endblock %}",
    "{#",
    "#}",
    "{% include 'x' %}",
    "{0.__class__}",
]
CODE = [
    "import os",
    '__import__("os").system("x")',
    "); import os; (",
    "]}); raise SystemExit",
    "# noqa",
    "# fmt: off",
    "# type: ignore",
    "# -*- coding: utf-7 -*-",
    "#!/bin/sh",
    "%s%n$(id)`id`",
    "lambda: 0",
    "statement 0",
    "class X:\n    pass",
]
YAML = [
    "!!python/object/apply:os.system [x]",
    "&a [*a]",
    "<<: *a",
    "---\n",
    "...\n",
    "%YAML 1.1",
    "? ",
    "- ",
    ": ",
    "*a",
]
PATHS = [
    "../",
    "../../etc/passwd",
    "/etc/passwd",
    "~",
    "~root/",
    "C:\\x",
    "\\\\host\\share",
    ".",
    "..",
    "nul",
    "con",
    "a/b",
]
MARKUP = [
    "<script>alert(1)</script>",
    "</td><td>",
    '" onload="x',
    "](javascript:x)",
    "| a |",
    "<!--",
    "&lt;",
    "## a\n",
    "]]>",
]
NAMES = [
    *(
        "class",
        "None",
        "match",
        "print",
        "self",
        "__init__",
        "__class__",
        "__import__",
        "eval",
        "os",
        "pytest",
    ),
    *(
        "ﬁ",
        "ｅval",
        "ℯval",
        "а",
        "раss",
        "x\u0301",
        "ª",
        "𝐱",
        "_",
        "__",
        "a__b",
        "1a",
        "a-b",
        "a.b",
        "zip",
        "torch",
    ),
]
PIECES = [*QUOTES, *NEWLINES, *UNSEEN, *TEMPLATES, *CODE, *YAML, *PATHS, *MARKUP, *NAMES, "", " ", "x" * 5000]

hostile = st.one_of(
    st.sampled_from(PIECES),
    st.lists(st.sampled_from([*PIECES, "a", " ", "b c"]), min_size=1, max_size=5).map("".join),
    st.text(max_size=40),
)


def many(what: str) -> Callable[[Any], Any]:
    """The settings of a property: the same cases every time, and as many as the table says."""
    unchecked = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]
    return settings(
        max_examples=CASES[what] * _TIMES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=unchecked,
    )


def assert_explained(found: ProblemsFound) -> None:
    """A refusal names the file, in one line that no terminal and no other tool takes for more."""
    assert found.problems
    for problem in found.problems:
        assert str(problem).isprintable(), repr(str(problem))
        assert problem.path


def assert_same_code(text: str, plain: str, said: str, plain_said: str) -> None:
    """Two files differ in nothing but strings, comments and names, and there in nothing but what was said.

    Nor does the text hold anything that a reader cannot see.
    """
    assert text.replace("\n", "").isprintable(), "unseen characters"
    if _is_same(compile(text, "", "exec", dont_inherit=True), _compiled(plain)):
        return  # the quick way, which takes equal strings that are two in one of them for a difference
    for one, other in zip_longest(_parts(text), _parts(plain)):
        if one != other:
            assert isinstance(one, str) and isinstance(other, str), (one, other)
            assert said.isidentifier() and said.isascii() and one.replace(said, plain_said) == other, (
                one,
                other,
            )


@cache
def _compiled(text: str) -> CodeType:
    return compile(text, "", "exec", dont_inherit=True)


def _is_same(one: Any, other: Any) -> bool:
    """Whether two constants, or pieces of code, are equal but for what strings say."""
    if type(one) is not type(other) or isinstance(one, str):
        return type(one) is type(other)
    if isinstance(one, CodeType):
        said = [(code.co_code, code.co_names, code.co_varnames, code.co_freevars) for code in (one, other)]
        return said[0] == said[1] and _is_same(one.co_consts, other.co_consts)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return one == other


def _parts(text: str) -> Iterator[Any]:
    """The syntax tree of a file in a row, without what its strings say."""
    waiting: list[Any] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant):
            yield type(node.value) if isinstance(node.value, str) else (type(node.value), repr(node.value))
        elif isinstance(node, ast.AST):
            yield type(node)
            waiting.extend(getattr(node, name, None) for name in node._fields)
        elif isinstance(node, list):
            yield len(node)
            waiting.extend(node)
        else:
            yield node
