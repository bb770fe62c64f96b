"""Code overlays on a real skillset: where each entry goes, what is refused, and what conflicts."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path
from textwrap import dedent

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import plan
from generator.code_overlay import edit, parse, pins, scopes
from generator.errors import ProblemsFound
from generator.graph.facts import FileFacts
from generator.graph.keys import Keys
from generator.graph.models import Model
from generator.graph.steps import STEPS
from generator.naming import Layout
from generator.transforms import TransformFacts, code_overlay
from tests.review.overlaid import checkout, refused, skillset

HEAD = '''"""BERT hears accents."""

from unicodedata import normalize

from generator.code_overlay import Generated, adds, replaces, wraps
'''


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return checkout(tmp_path / "checkout", "bert")


def lay(layout: Layout, text: str, head: str = HEAD) -> None:
    layout.code_overlay("bert").write_text(head + dedent(text))


def pin(layout: Layout, owner: str, name: str) -> str:
    body = scopes.scopes(cst.parse_module(skillset(layout, "bert")))[owner]
    return pins.pin_of(scopes.named(body)[name])


def test_each_kind_of_entry_goes_where_it_says_as_it_was_written(layout: Layout):
    wrapped, replaced = pin(layout, "FillMask", "answer"), pin(layout, "FillMask", "best_tokens")
    before = skillset(layout, "bert")
    lay(
        layout,
        f'''
        LIMIT = 5  # that many

        class FillMask(Generated):
            greedy = True

            # Accents come in two forms.
            @wraps("{wrapped}")
            def answer(self, texts, *, top_k=LIMIT):  # as the host calls it
                return self.generated_answer([clean(text) for text in texts], top_k=top_k)

            @replaces("{replaced}")
            def best_tokens(self, probabilities, top_k):
                return []  # nothing is best

            @adds(before="best_tokens")
            @staticmethod
            def told(): ...

        class hf_bert(Generated):
            @adds()
            def init_cpu(self, model, device=None, label=None):
                return self.open("cpu", model, device, label)

        @adds(before="FillMask")
        def clean(text):
            return normalize("NFC", text)
        ''',
    )
    after = skillset(layout, "bert")
    assert "Generated from specs/models/bert.yaml and specs/overlays/bert.py\nby templates/" in after
    assert "generator" not in after.partition('"""\n')[2]
    assert 'TASK_TYPE = "fill-mask"\n\nLIMIT = 5  # that many\n\n\ndef clean(text):' in after
    assert "read = staticmethod(read_texts)\n    greedy = True\n\n    def example" in after
    expected = """\
    # Accents come in two forms.
    def answer(self, texts, *, top_k=LIMIT):  # as the host calls it
        return self.generated_answer([clean(text) for text in texts], top_k=top_k)

    def generated_answer(self, texts: list[str], *, top_k: int = 5):
        inputs = self.tokenized(texts)
"""
    assert expected in after
    assert (
        "    @staticmethod\n    def told(): ...\n\n    def best_tokens(self, probabilities, top_k):\n"
        in after
    )
    assert "        return []  # nothing is best\n" in after
    assert after.rstrip().endswith('return self.open("cpu", model, device, label)')
    untouched = "class FeatureExtraction(Handler):"
    assert before.partition(untouched)[2].rsplit(")", 1)[0] in after


def test_without_an_overlay_nothing_is_different(layout: Layout):
    assert skillset(layout, "bert") == Layout(Path(__file__).parents[2]).skillset("bert").read_text()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            "class FilMask(Generated):\n    @adds()\n    def f(self): ...",
            8,
            'no class FilMask; did you mean "FillMask"?',
        ),
        (
            'class FillMask(Generated):\n    @wraps("0")\n    def answr(self): ...',
            8,
            "wraps FillMask.answr, which templates/skillsets/tasks/fill_mask.py.j2 does not write; "
            'did you mean "answer"?',
        ),
        ("class FillMask(Generated):\n    @adds()\n    def answer(self): ...", 8, 'or write @replaces("'),
        (
            'class FillMask(Generated):\n    @adds(before="answr")\n    def f(self): ...',
            8,
            'no FillMask.answr to stand before; did you mean "answer"?',
        ),
        ("class FillMask(Generated):\n    task = 'x'", 8, "what a skillset says of its model is data"),
        (
            "class FillMask(Generated):\n    def f(self): ...",
            8,
            "put @adds(), @replaces(…) or @wraps(…) above",
        ),
        ("class FillMask:\n    @adds()\n    def f(self): ...", 7, "write class FillMask(Generated)"),
        (
            "class FillMask(Generated):\n    @adds(2)\n    def f(self): ...",
            8,
            'write @adds() or @adds(before="name")',
        ),
        ("class FillMask(Generated):\n    @wraps()\n    def f(self): ...", 8, 'write @wraps("the pin")'),
        ("print(1)", 7, "an overlay holds imports, definitions and assignments alone"),
        ("A = 1\nA = 2", 8, "A is already on line 7; keep one of them"),
        ("class A:\n    def f(:", 8, "does not parse"),
        (
            "class FillMask(Generated):\n    @adds()\n    def f(self):\n        return nowhere",
            None,
            "Undefined name",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(layout: Layout, text: str, line: int | None, said: str):
    lay(layout, f"\n{text}\n")
    told = refused(layout, "bert")
    assert said in told
    assert line is None or told.startswith(f"specs/overlays/bert.py:{line}: ")
    assert "specs/overlays/bert.py" in told


def test_every_problem_is_told_at_once(layout: Layout):
    lay(layout, "\nprint(1)\nprint(2)\n", head="")
    assert [line.split(" ")[0] for line in refused(layout, "bert").splitlines()] == [
        "specs/overlays/bert.py:1:",
        "specs/overlays/bert.py:2:",
        "specs/overlays/bert.py:3:",
    ]


def changed_template(layout: Layout) -> None:
    file = layout.templates / "skillsets/tasks/fill_mask.py.j2"
    text = file.read_text()
    assert ".logits.softmax(-1)" in text
    file.write_text(text.replace(".logits.softmax(-1)", ".logits.softmax(dim=-1)"))


def replacing(layout: Layout) -> str:
    return f'''
class FillMask(Generated):
    @replaces("{pin(layout, "FillMask", "answer")}")
    def answer(self, texts, *, top_k=5):
        return {{"fills": []}}
'''


def test_a_template_that_changed_under_an_overlay_is_a_conflict_that_names_both_sides(
    layout: Layout,
):
    lay(layout, replacing(layout))
    skillset(layout, "bert")
    for words in ("init -q", "add -A", "-c user.name=a -c user.email=b commit -q -m base"):
        subprocess.run(["git", *words.split()], cwd=layout.root, check=True)
    changed_template(layout)
    plan._planner.cache_clear()
    told = refused(layout, "bert")
    assert told.startswith("specs/overlays/bert.py:8: replaces FillMask.answer as it was under pin ")
    assert "templates/skillsets/tasks/fill_mask.py.j2 writes another now: no more `probabilities =" in told
    assert "now `probabilities = self.model(**inputs).logits.softmax(dim=-1)`;" in told
    assert "take over what is new, then pin" in told
    before = layout.skillset("bert").read_bytes()
    with pytest.raises(ProblemsFound, match="writes another now"):
        plan.publish_skillset(layout, "bert", plan.plan_skillsets(layout, ["bert"])["bert"], print)
    assert layout.skillset("bert").read_bytes() == before


def test_a_comment_in_the_template_is_no_conflict(layout: Layout):
    original = cst.parse_statement("def f(self):\n    return 1\n")
    commented = cst.parse_statement("# why\ndef g(\n    self,\n):\n    # so\n    return (1)\n")
    assert pins.pin_of(original) == pins.pin_of(commented)
    assert pins.pin_of(original) != pins.pin_of(cst.parse_statement("def f(self):\n    return 2\n"))


def test_an_overlay_decides_the_skillset_of_its_model_alone(layout: Layout):
    models = [Model(name, (f"specs/models/{name}.yaml",), (), ()) for name in ("bert", "vit")]

    def keys() -> dict[tuple[str, str], dict[str, str]]:
        made = Keys(FileFacts(layout.root, layout.cache / "facts.json"))
        return {(step.name, model.name): made.of(step, model) for step in STEPS for model in models}

    before = keys()
    lay(layout, "\nA = 1\n")
    after = keys()
    assert [name for name in before if before[name] != after[name]] == [("generate", "bert")]


NAMES = st.sampled_from(["answer", "best", "other", "another"])


@st.composite
def overlays(draw: st.DrawFn) -> str:
    entries = draw(
        st.lists(
            st.tuples(NAMES, st.sampled_from(["adds()", 'wraps("0")', 'replaces("0")'])),
            unique_by=lambda e: e[0],
        )
    )
    methods = "".join(
        f"    # {name}\n    @{how}\n    def {name}(self):\n        return 0\n" for name, how in entries
    )
    constant = draw(st.sampled_from(["", "C = 1\n", "import os\n"]))
    return f'"""Why."""\n{constant}class M(Generated):\n{methods or "    D = 2"}\n'


@settings(deadline=None)
@given(overlays())
def test_laying_it_over_twice_is_laying_it_over_once(source: str):
    module = cst.parse_module(
        "import re\n\nclass M:\n    a = 1\n    def answer(self): ...\n    def best(self): ...\n"
    )
    facts = TransformFacts("hf_m.py", "t.j2", overlay=parse.parse(source, "o.py"))
    once = code_overlay.transform(module, facts)
    ast.parse(once.code)
    assert code_overlay.transform(once, facts).code == once.code


def test_a_file_that_is_not_utf_8_is_told(layout: Layout):
    layout.code_overlay("bert").write_bytes(b'"""\xff"""')
    with pytest.raises(
        ProblemsFound, match=r"specs/overlays/bert\.py: the file is not UTF-8; save it as UTF-8"
    ):
        parse.load(layout, "bert")


def test_an_overlay_of_no_model_is_told(layout: Layout):
    from generator.specs.catalogue import Loader

    (layout.specs / "overlays" / "brt.py").write_text('"""Why."""\n')
    assert 'specs/overlays/brt.py: there is no spec of a model "brt" to correct; did you mean "bert"?' in {
        str(problem) for problem in Loader(layout).tree_problems()
    }


REASONS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1)


@settings(deadline=None)
@given(REASONS, REASONS)
def test_any_reason_is_a_docstring(first: str, second: str):
    once = edit.apply("", edit.Edits(imports=("import os",)), first)
    assert ast.get_docstring(ast.parse(once), clean=False) == first
    twice = ast.get_docstring(ast.parse(edit.apply(once, edit.Edits(), second)), clean=False)
    assert twice == f"{first.rstrip()}\n\n{second}\n"


ANY_TEXT = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                '"""Why."""',
                "@adds()",
                "@wraps(1)",
                "@wraps(**a)",
                "def f(self): ...",
                "class A(Generated):",
                "    b = 1",
                "    @adds(before='b')",
                "    def g(self): ...",
                "x, y = 1, 2",
                "x: int",
                "from a import *",
                "import a.b as c",
                "if 1: pass",
                "class B(Generated): pass",
                "\x00",
                "\ufeff",
                "\f",
                "\\",
                "\r",
            ]
        )
    ).map("\n".join),
)


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_text_is_an_overlay_or_has_problems(source: str):
    try:
        overlay = parse.parse(source, "o.py")
    except ProblemsFound as found:
        assert all(problem.path == "o.py" for problem in found.problems)
        return
    module = cst.parse_module("class A:\n    def f(self): ...\n")
    once = code_overlay.transform(module, TransformFacts("hf_m.py", "t.j2", overlay=overlay))
    ast.parse(once.code)
