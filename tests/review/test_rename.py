"""Before and after of renaming a name of the convention, in Python, in templates, and in a whole checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.commands import main
from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.review import renaming, template_names
from generator.review.occurrences import Rename, renamed
from tests.review.overlaid import PROJECT, checkout

ANSWER = Rename("answer", "respond", {"answer": "respond"})
HOSTS = Rename("init_<host>", "load_<host>", {f"init_{host}": f"load_{host}" for host in ("cpu", "cuda")})
KEY = Rename("torch", "pytorch", {"torch": "pytorch"}, is_key=True)


def check(before: str, after: str, rename: Rename, **options: bool) -> None:
    once = renamed(cst.parse_module(dedent(before)), rename, **options)
    assert once == dedent(after)
    assert renamed(cst.parse_module(once), rename, **options) == once


def test_a_method_is_renamed_where_it_is_one():
    check(
        '''\
        class A:
            answer = 1

            # answer, in prose
            def answer(self, answer):
                """`answer` it."""
                def answer(): ...
                return self.answer(answer=answer)["answer"], super().answer(), question.answer

        def answer(handler):
            return handler.answer, self._handler.answer
        ''',
        '''\
        class A:
            respond = 1

            # answer, in prose
            def respond(self, answer):
                """`answer` it."""
                def answer(): ...
                return self.respond(answer=answer)["answer"], super().respond(), question.answer

        def answer(handler):
            return handler.respond, self._handler.respond
        ''',
        ANSWER,
    )


def test_a_pattern_is_renamed_wherever_it_is_spelt():
    check(
        '''\
        """As `init_<host>`: `init_cpu`, but not init_weights or my_init_cpu."""

        class A:
            def init_cpu(self): ...  # see init_cuda

        def f(it, name):
            it.init_cpu(it.init_weights)
            return getattr(it, f"init_{name}"), getattr(it, "init_cuda"), f"init_{name}!", f"{name}init_"
        ''',
        '''\
        """As `load_<host>`: `load_cpu`, but not init_weights or my_init_cpu."""

        class A:
            def load_cpu(self): ...  # see load_cuda

        def f(it, name):
            it.load_cpu(it.init_weights)
            return getattr(it, f"load_{name}"), getattr(it, "load_cuda"), f"init_{name}!", f"{name}init_"
        ''',
        HOSTS,
    )


def test_a_key_is_renamed_where_resources_have_it():
    check(
        """\
        import torch  # resources["torch"]
        KEY = "torch"
        LIBRARIES = {"torch": "torch"}
        resources["torch"], self.resources["torch"], other["torch"], resources[torch]
        hf_bert({"torch": 1}), Resources({"torch": 2}), f(resources={"torch": 3}), f({"torch": 4})
        """,
        """\
        import torch  # resources["pytorch"]
        KEY = "pytorch"
        LIBRARIES = {"pytorch": "torch"}
        resources["pytorch"], self.resources["pytorch"], other["torch"], resources[torch]
        hf_bert({"pytorch": 1}), Resources({"pytorch": 2}), f(resources={"pytorch": 3}), f({"torch": 4})
        """,
        KEY,
        defines_keys=True,
    )
    check('KEY = "torch"\n', 'KEY = "torch"\n', KEY)


TEMPLATE = '''\
class {{ name | identifier }}(Handler):
    """{{ doc.answer | doc }}"""
    {# self.answer #}
    def answer(self, texts):
        {% if self.answer %}
        return self.answer({{ self.answer | literal }}), question.answer
        {%- endif %}

def reference(folder):
    def answer(text): ...
'''


def test_in_a_template_only_what_it_writes_is_renamed():
    once = template_names.renamed("t.j2", TEMPLATE, ANSWER)
    after = TEMPLATE.replace("    def answer(self", "    def respond(self").replace(
        "return self.answer(", "return self.respond("
    )
    assert once == after
    assert template_names.renamed("t.j2", once, ANSWER) == once
    key = template_names.renamed("t.j2", "self.resources['torch'] {{ resources['torch'] }}\n", KEY)
    assert key == "self.resources['pytorch'] {{ resources['torch'] }}\n"


def test_a_template_that_does_not_parse_is_told_with_its_line():
    with pytest.raises(ProblemsFound, match=r"^t\.j2:2: does not parse: "):
        template_names.renamed("t.j2", "a\n{% if %}\n", ANSWER)


LINES = st.lists(
    st.sampled_from(
        [
            "self.answer(1)",
            "answer = 2",
            "x = 'answer'",
            "# answer",
            "class A:\n    def answer(self): ...",
            "q.answer",
        ]
    ),
    min_size=1,
).map("\n".join)


@settings(deadline=None)
@given(LINES)
def test_renaming_there_and_back_is_nothing(source: str):
    back = Rename("respond", "answer", {"respond": "answer"})
    there = cst.parse_module(renamed(cst.parse_module(source), ANSWER))
    assert renamed(there, back) == source


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    made = checkout(tmp_path / "checkout", "bert", "vit")
    (made.root / "skillset_runtime").unlink()
    for name in ("skillset_runtime", "generator"):
        shutil.copytree(PROJECT / name, made.root / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(made.root)
    return made


GENERATED_ANEW = """
import json, pathlib
from generator.naming import Layout
from generator.plan import plan_skillsets, plan_tests
layout = Layout(pathlib.Path.cwd())
plans = {**{f"s/{k}": v for k, v in plan_skillsets(layout, ["bert", "vit"]).items()}}
plans |= {f"t/{k}": v for k, v in plan_tests(layout, ["bert", "vit"]).items()}
print(json.dumps({name: str(plan) for name, plan in plans.items()}))
"""


def test_outputs_are_edited_to_what_they_are_generated_as(layout: Layout, capsys: pytest.CaptureFixture):
    before = layout.skillset("bert").read_text()
    assert main(["rename", "answer", "respond", "--dry-run"]) == 0
    assert "def respond(self" in capsys.readouterr().out
    assert layout.skillset("bert").read_text() == before
    assert main(["rename", "answer", "respond", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "generated/skillsets/hf_bert.py" in told["outputs"]
    assert "skillset_runtime/handler.py" in told["sources"]
    environment = {**os.environ, "PYTHONPATH": str(layout.root), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", GENERATED_ANEW],
        env=environment,
        cwd=layout.root,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    plans = json.loads(ran.stdout)
    for name in ("bert", "vit"):
        assert plans[f"s/{name}"] == layout.skillset(name).read_text()
        assert plans[f"t/{name}"] == layout.test(name).read_text()
    assert "    def respond(self" in layout.skillset("bert").read_text()
    assert "def answer(" not in layout.skillset("bert").read_text()


def test_what_cannot_be_renamed_is_told(layout: Layout, capsys: pytest.CaptureFixture):
    cases = {
        ("answr", "x"): 'the convention has no method "answr"; did you mean "answer"?',
        ("answer", "read"): 'there is a method "read" already',
        ("answer", "no name"): '"no name" cannot stand for "answer"',
        ("answer", "processor"): '"processor" is there already, for something else; choose another',
        ("init_<host>", "load"): '"load" cannot stand for "init_<host>"',
        ("--key", "tourch", "x"): 'no resource key "tourch"; did you mean "torch"?',
    }
    for words, said in cases.items():
        assert main(["rename", *words]) == 2
        assert said in capsys.readouterr().err


def test_what_may_be_meant_is_listed_and_left(layout: Layout):
    found = renaming.plan(layout, "open", "open_on")
    assert "skillset_runtime/skillset.py" in found.sources
    assert any(".open(" in str(problem) for problem in found.left)
    assert "path.open_on(" not in "".join(found.after.values())
