"""Whatever the strings of a spec hold, the files made from it are sound and hold it as inert text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from generator import formatting
from generator.naming import Layout
from generator.plan import Planner
from generator.sanity import GeneratedFile, check
from generator.specs import catalogue

LAYOUT = Layout(Path(__file__).parents[2])
HOSTILE = [
    'ends in a quote"',
    '"""\n__import__("os").system("x")\n"""',
    "'''; import os; '''",
    "{{ 7 * 7 }}{% raw %}",
    "\\",
    "\\N{BULLET} \\x41 \\",
    "a\r\nimport os\rimport os\x0cimport os\u2028import os",
    "\x00\x1b[31m\ud800\u202e",
    "# noqa: F401 # fmt: off # type: ignore -*- coding: utf-7 -*-",
]
MODEL_TYPES = sorted(path.stem for path in (LAYOUT.specs / "models").glob("*.yaml"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_spec_makes_inert_files(text):
    spec = catalogue.load_model(LAYOUT, MODEL_TYPES[0])
    hostile = spec.model_copy(update={"title": text, "checkpoint": text})
    planner = Planner(LAYOUT)
    for make in (lambda one: planner.test(one), lambda one: planner.skillset(one, tuple(one.tasks))):
        plain, file = _finished(make(spec)), _finished(make(hostile))
        path = Path(file.facts.path)
        assert check({path: file}, LAYOUT) == []
        assert _shape(file.text) == _shape(plain.text)


def test_a_hostile_string_arrives_as_it_is():
    spec = catalogue.load_model(LAYOUT, MODEL_TYPES[0])
    for text in HOSTILE:
        file = Planner(LAYOUT).skillset(spec.model_copy(update={"checkpoint": text}), tuple(spec.tasks))
        constants = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in ast.parse(_finished(file).text).body
            if isinstance(node, ast.Assign)
        }
        assert constants["MODEL_ID"] == text


def _finished(file: GeneratedFile) -> GeneratedFile:
    path = Path(file.facts.path)
    text = formatting.format_sources({path: file.text}, LAYOUT.root / "pyproject.toml")[path]
    return GeneratedFile(text, file.facts)


def _shape(text: str) -> str:
    """The code without what its strings say."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)
