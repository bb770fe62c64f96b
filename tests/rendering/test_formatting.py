"""Many sources are formatted at once, by the project's settings, to a fixed point."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import ProblemsFound
from generator.formatting import format_sources

UGLY = """\
import torch
import os
from skillset_runtime import b, A
x = {'a':1}
def f( a ):
  '''Doc.'''
  return '%s' % a
"""


def test_imports_are_ordered_and_code_is_laid_out(settings):
    path = Path("generated/x.py")
    text = format_sources({path: UGLY}, settings)[path]
    assert text.startswith("import os\n\nimport torch\n")
    assert "from skillset_runtime import A, b\n" in text
    assert 'x = {"a": 1}\n\n\ndef f(a):\n    """Doc."""\n    return "%s" % a\n' in text


def test_formatting_twice_is_formatting_once(settings):
    sources = {path.relative_to(path.anchor): path.read_text() for path in Path(__file__).parent.glob("*.py")}
    sources[Path("ugly.py")] = UGLY
    once = format_sources(sources, settings)
    assert format_sources(once, settings) == once
    assert list(once) == list(sources)


def test_the_settings_are_obeyed(settings):
    settings.write_text("[tool.ruff]\nline-length = 20\n")
    path = Path("x.py")
    assert format_sources({path: "f(aaaaaaaa, bbbbbbbbb)\n"}, settings)[path].count("\n") == 4


def test_line_ends_and_text_are_kept(settings):
    path = Path("x.py")
    assert format_sources({path: 'x = "é\u2028"\r\n'}, settings) == {path: 'x = "é\u2028"\n'}


def test_every_text_that_does_not_parse_is_named(settings):
    sources = {
        Path("generated/a.py"): "x = (\n",
        Path("generated/b.py"): "\n\ndef f(:\n",
        Path("c.py"): "x=1",
    }
    with pytest.raises(ProblemsFound) as caught:
        format_sources(sources, settings)
    assert [(p.path, p.line) for p in caught.value.problems] == [
        ("generated/a.py", 2),
        ("generated/b.py", 3),
    ]


def test_broken_settings_are_told_as_such(settings):
    settings.write_text("[tool.ruff]\nline-lenght = 3\n")
    with pytest.raises(
        ProblemsFound,
        match=r"^pyproject.toml: ruff cannot run: .*Failed to parse pyproject.toml .*line-lenght",
    ):
        format_sources({Path("x.py"): "x=1"}, settings)


def test_nothing_is_formatted_for_nothing():
    assert format_sources({}, Path("/nowhere")) == {}
