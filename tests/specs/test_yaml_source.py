"""Reading YAML: bad bytes raise nothing but `ProblemsFound`, every value knows its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from generator.errors import ProblemsFound
from generator.specs.yaml_source import Document, Place, ValuePath, parse, quoted

# What YAML can write as it is; the rest needs escapes, which `yaml.safe_dump` makes below.
keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
mappings = st.dictionaries(keys, values, max_size=4)
yaml_like = st.text(alphabet="ab:-[]{}&*!|>'\"#%@`?,~<=.0123456789 \n\t\\yn", max_size=60)


def read_or_problems(content: bytes) -> Document | ProblemsFound:
    try:
        return parse(content, "specs/a.yaml")
    except ProblemsFound as found:
        return found


@given(st.binary() | yaml_like.map(str.encode) | st.text().map(lambda t: t.encode(errors="replace")))
@example(b"a: " + b"[" * 100_000)
@example(b"a: " + b"{a: " * 100_000)
@example(b"- " * 100_000)
@example(b"? " * 100_000)
@example(b"a: !!int ''")
@example(b"a: !!timestamp x")
@example(b"a: 2001-02-30")
@example(b"a: ._")
@example(b"\xff\xfea\x00:\x00")
def test_any_bytes_give_a_mapping_or_problems(content: bytes) -> None:
    found = read_or_problems(content)
    if isinstance(found, Document):
        assert isinstance(found.data, dict)
        json.dumps(found.data)
    else:
        assert found.problems
        for problem in found.problems:
            assert problem.path == "specs/a.yaml"
            assert problem.line is None or 1 <= problem.line <= content.count(b"\n") + 2
            assert str(problem).isprintable()


@given(mappings)
def test_what_yaml_writes_is_read_back(data: dict[str, Any]) -> None:
    assert parse(yaml.safe_dump(data, allow_unicode=False).encode(), "a.yaml").data == data


@given(mappings, st.lists(st.sampled_from(["", "# a comment", "   "]), max_size=3))
def test_every_value_knows_its_line(data: dict[str, Any], noise: list[str]) -> None:
    writer = BlockWriter(noise)
    writer.write(data, (), "")
    document = parse("\n".join(writer.lines).encode(), "a.yaml")
    assert document.data == data
    assert {keys: p.line for keys, p in document.places.items() if keys} == writer.expected


class BlockWriter:
    """Writes block style with noise between the lines, and notes where each value must be found.

    A value of a mapping is found at its key, an item of a list at its own first line.
    """

    def __init__(self, noise: list[str]):
        self.noise, self.lines, self.expected = noise, list[str](), dict[ValuePath, int]()

    def write(self, value: Any, keys: ValuePath, margin: str) -> None:
        if not isinstance(value, dict | list) or not value:
            self.line(margin + flow(value))
            return
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            path = (*keys, key)
            self.line(f"{margin}{flow(key)}:" if isinstance(key, str) else f"{margin}-")
            here = len(self.lines)
            self.write(item, path, margin + "  ")
            inside = here + len(self.noise) + 1
            self.expected[path] = here if isinstance(key, str) else inside

    def line(self, text: str) -> None:
        self.lines += [*self.noise, text]


def flow(value: Any) -> str:
    """A scalar or an empty collection on one line."""
    style = '"' if isinstance(value, str) else None
    return yaml.safe_dump(value, default_style=style, width=10**6).split("\n")[0]


def test_a_value_without_a_place_is_at_its_nearest() -> None:
    document = parse(b"a:\n  b: 1\n  c: [x,\n    y]\n", "a.yaml")
    assert document.place(("a", "c", 1)) == Place("a.yaml", 4)
    assert document.place(("a", "c", 7, "z")) == Place("a.yaml", 3)
    assert document.place(("q",)) == Place("a.yaml", 1)


@given(st.text())
def test_a_quoted_text_is_short_and_printable(text: str) -> None:
    assert quoted(text).isprintable()
    assert len(quoted(text)) < 800


@pytest.mark.parametrize("content", [b"title: 2018-10-11\n", b"title: '2018-10-11'\n"])
def test_a_date_stays_text(content: bytes) -> None:
    assert parse(content, "a.yaml").data == {"title": "2018-10-11"}
