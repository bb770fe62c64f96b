"""Every character of a finished line is led back to where it was rendered, whatever was done on the way."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.review.align import align

LAYOUT = ",()'\"\\ \t\n"


@dataclass(frozen=True)
class Part:
    """A statement as rendered, and as the formatter leaves it; None where a transform takes it out."""

    rendered: str
    finished: str | None


def says(text: str) -> str:
    return "".join(char for char in text if char not in LAYOUT)


@st.composite
def parts(draw: st.DrawFn, number: int) -> Part:
    """Bodies are equal on purpose: only what is around them tells them apart."""
    name, spread = f"name_{number}", draw(st.booleans())
    kind = draw(st.sampled_from(["helper", "assignment", "docstring", "class", "text"]))
    comma = ",\n    " if spread else ", "
    if kind == "helper":
        rendered = f"def {name}(value):\n    value = value + 1\n    return value\n"
        return Part(rendered, draw(st.sampled_from([rendered, None])))
    if kind == "assignment":
        arguments = comma.join(["a", "[1, 2]", '"it\'s"'])
        finished = f"{name} = call({arguments}{',' if spread else ''})\n"
        return Part(f"{name} = call(a, [1, 2],\n  'it\\'s')\n", finished)
    if kind == "docstring":
        return Part(
            f'def {name}():\n    """One.\n\n      Two.   \n    """\n    return value\n',
            f'def {name}():\n    """One.\n\n      Two.\n    """\n    return value\n',
        )
    if kind == "class":
        body = "    # why\n    def run(self):\n        return value\n"
        return Part(f"class {name}(Base):\n\n\n{body}", f"class {name}(Base):\n{body}")
    return Part(f"{name} = (\n 'a'\n 'b'\n)  # said\n", f'{name} = "a" "b"  # said\n')


@st.composite
def modules(draw: st.DrawFn) -> list[Part]:
    count = draw(st.integers(1, 8))
    return [draw(parts(number)) for number in range(count)]


@settings(deadline=None, max_examples=200)
@given(modules(), st.integers(1, 3))
def test_statements_are_led_back_to_their_own(module: list[Part], blank: int) -> None:
    rendered, finished, owners = "", "", []
    for number, part in enumerate(module):
        start = len(rendered)
        rendered += part.rendered + "\n" * blank
        if part.finished is not None:
            finished += part.finished + "\n\n"
            owners += [(number, range(start, len(rendered)))] * (part.finished + "\n\n").count("\n")
    for text, line, (_, extent) in zip(finished.split("\n"), align(rendered, finished), owners, strict=False):
        if says(text):
            assert "".join(rendered[offset] for offset in line.offsets) == says(text)
        assert set(line.offsets) <= set(extent)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_imports_are_led_back_by_name(data: st.DataObject) -> None:
    names = [f"read_{letter}" for letter in "abcdef"]
    kept = sorted(data.draw(st.sets(st.sampled_from(names), min_size=1)))
    order = data.draw(st.permutations(names))
    rendered = "import os\n" + "".join(f"from runtime import {name}\n" for name in order)
    spread = data.draw(st.booleans())
    spread_out = ",\n    ".join(kept)
    joined = f"(\n    {spread_out},\n)" if spread else ", ".join(kept)
    finished = f"from runtime import {joined}\n"
    lines = align(rendered, finished)
    found = {name: {rendered.split("\n").index(f"from runtime import {name}")} for name in kept}
    for text, line in zip(finished.split("\n"), lines, strict=True):
        places = {rendered.count("\n", 0, offset) for offset in line.offsets}
        for name in kept:
            if name in text:
                assert found[name] <= places
        assert places <= set().union(*found.values())
        assert line.taken_out == ()


def test_what_a_transform_took_out_of_an_import_is_named() -> None:
    (line, _) = align("from runtime import Handler, samples, copy as c\n", "from runtime import Handler\n")
    assert line.taken_out == ("c", "samples")


def test_equal_names_from_two_modules_are_two_names() -> None:
    rendered = "from one import read\nfrom two import read\n"
    (line, _) = align(rendered, "from two import read\n")
    assert {rendered.count("\n", 0, offset) for offset in line.offsets} == {1}


def test_a_foreign_statement_has_no_origin() -> None:
    (first, foreign, *_) = align("def f():\n    return 1\n", "def f():\n    note()\n    return 1\n")
    assert first.offsets and not foreign.offsets


def test_what_moved_into_another_function_is_found_unless_nested() -> None:
    rendered, finished = "def f():\n    return work(1)\n", "def g():\n    return work(1)\n"
    assert not align(rendered, finished)[1].offsets
    assert align(rendered, finished, nested=False)[1].offsets


def test_a_statement_that_is_only_requoted_is_not_laid_out_anew() -> None:
    assert not align("x = call('a', b)\n", 'x = call("a", b)\n')[0].relaid
    assert align("x = call('a', b)\n", 'x = call(\n    "a",\n    b,\n)\n')[0].relaid
