"""What a person writes into a skillset, `adopt` keeps: generating it anew gives the same, to the comment."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.code_overlay import scopes
from generator.commands import main
from generator.formatting import format_sources
from generator.naming import Layout
from generator.review import adopting
from tests.review.overlaid import checkout, skillset


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    made = checkout(tmp_path / "checkout", "bert")
    monkeypatch.chdir(made.root)
    return made


def edit(layout: Layout, *pairs: tuple[str, str]) -> str:
    file = layout.skillset("bert")
    text = file.read_text()
    for old, new in pairs:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    file.write_text(text)
    return text


def body(text: str) -> str:
    """All but the header, which names the overlay once there is one."""
    return text.partition('"""\n')[2]


def without_blank_lines(text: str) -> list[str]:
    return [line for line in body(text).splitlines() if line]


def adopt(layout: Layout, *words: str) -> int:
    return main(["adopt", str(layout.skillset("bert")), *words])


def tidied(layout: Layout, text: str) -> str:
    return format_sources({Path("x.py"): text}, layout.root / "pyproject.toml")[Path("x.py")]


def test_a_hand_edit_comes_back(layout: Layout, capsys: pytest.CaptureFixture):
    edited = edit(
        layout,
        ("from skillset_runtime import", "import unicodedata\n\nfrom skillset_runtime import"),
        ('TASK_TYPE = "fill-mask"\n', 'TASK_TYPE = "fill-mask"\n\nFORM = "NFC"  # the shorter one\n'),
        (
            "    def answer(self, texts: list[str], *, top_k: int = 5):\n",
            "    # Accents come in two forms.\n"
            "    def answer(self, texts, *, top_k=5):\n"
            "        return self.generated_answer([clean(text) for text in texts], top_k=top_k)\n\n"
            "    def generated_answer(self, texts: list[str], *, top_k: int = 5):\n",
        ),
        ("        best = probabilities", "        # the likeliest first\n        best = probabilities"),
        (
            "class FillMask(",
            "def clean(text):\n    return unicodedata.normalize(FORM, text)  # cheap\n\n\nclass FillMask(",
        ),
    )
    assert adopt(layout, "--reason", 'It hears "é".') == 0
    told = capsys.readouterr().out
    assert "+    @wraps(" in told
    assert "doit generate:bert" in told
    overlay = layout.code_overlay("bert").read_text()
    assert overlay.startswith(
        '"""It hears "é"."""\n\nimport unicodedata\n\nfrom generator.code_overlay import Generated, '
    )
    after = skillset(layout, "bert")
    assert body(after) == body(tidied(layout, edited))
    layout.skillset("bert").write_text(after)
    assert adopt(layout) == 0
    assert "nothing to adopt" in capsys.readouterr().out
    assert layout.code_overlay("bert").read_text() == overlay


def test_an_overlay_is_extended_and_never_lost(layout: Layout):
    edit(layout, ("        best = probabilities", "        # first\n        best = probabilities"))
    assert adopt(layout, "--reason", "One.") == 0
    overlay = layout.code_overlay("bert")
    overlay.write_text(overlay.read_text() + "\n# a note at the end\n")
    layout.skillset("bert").write_text(skillset(layout, "bert"))
    edited = edit(
        layout,
        ("        # first\n", "        # second\n"),
        ('        """The likeliest span', '        """The very likeliest span'),
    )
    assert adopt(layout, "--reason", "Two.") == 0
    text = overlay.read_text()
    assert text.startswith('"""One.\n\nTwo.\n"""\n')
    assert "# a note at the end" in text and "# first" not in text and "# second" in text
    assert body(skillset(layout, "bert")) == body(edited)


def test_an_edit_goes_on_before_the_file_is_generated_again(layout: Layout, capsys):
    edit(layout, ("        best = probabilities", "        # first\n        best = probabilities"))
    assert adopt(layout) == 0
    overlay = layout.code_overlay("bert").read_text()
    assert adopt(layout) == 0
    assert "nothing to adopt" in capsys.readouterr().out
    edited = edit(layout, ('        """The likeliest span', '        """The very likeliest span'))
    assert adopt(layout) == 0
    assert layout.code_overlay("bert").read_text().startswith(overlay.partition("class ")[0])
    assert body(skillset(layout, "bert")) == body(edited)


def test_a_file_from_before_its_overlay_does_not_undo_it(layout: Layout, capsys):
    edit(layout, ("        best = probabilities", "        # first\n        best = probabilities"))
    assert adopt(layout) == 0
    overlay = layout.code_overlay("bert").read_text()
    layout.skillset("bert").write_text(ORIGINAL)
    assert adopt(layout) == 0
    edit(layout, ('        """The likeliest span', '        """The very likeliest span'))
    assert adopt(layout) == 2
    assert "is older than specs/overlays/bert.py; generate it, then edit it" in capsys.readouterr().err
    assert layout.code_overlay("bert").read_text() == overlay


def test_a_class_of_its_own_is_one_entry(layout: Layout):
    edited = edit(layout, ("class FillMask(", "class Mine:\n    def f(self): ...\n\n\nclass FillMask("))
    assert adopt(layout) == 0
    assert '@adds(before="FillMask")\nclass Mine:' in layout.code_overlay("bert").read_text()
    layout.skillset("bert").write_text(skillset(layout, "bert"))
    edited = edit(layout, ("def f(self): ...", "def f(self): ...\n\n    def g(self): ..."))
    assert adopt(layout) == 0
    assert layout.code_overlay("bert").read_text().count("class Mine") == 1
    assert body(skillset(layout, "bert")) == body(edited)


def test_what_cannot_be_written_leaves_all_as_it_was(layout: Layout, capsys, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    text = edit(layout, ("        best = probabilities", "        # first\n        best = probabilities"))
    monkeypatch.setattr("generator.publish._replace", full)
    assert adopt(layout) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert not layout.code_overlay("bert").exists() and layout.skillset("bert").read_text() == text


def test_what_is_put_back_leaves_the_overlay(layout: Layout):
    original = layout.skillset("bert").read_text()
    edit(
        layout,
        ("        best = probabilities", "        # first\n        best = probabilities"),
        ("    def best_tokens", "    def more(self): ...\n\n    def best_tokens"),
    )
    assert adopt(layout) == 0
    layout.skillset("bert").write_text(skillset(layout, "bert"))
    edit(layout, ("        # first\n", ""))
    assert adopt(layout) == 0
    assert "best_tokens(" not in layout.code_overlay("bert").read_text()
    layout.skillset("bert").write_text(original)
    edit(layout, ("specs/models/bert.yaml\n", "specs/models/bert.yaml and specs/overlays/bert.py\n"))
    assert adopt(layout) == 0
    assert not layout.code_overlay("bert").exists()
    assert skillset(layout, "bert") == original


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"google-bert/bert-base-uncased"', '"mine"', "set checkpoint in specs/overlays/bert.yaml"),
        ('"BertForMaskedLM"', '"Mine"', "set tasks.fill-mask.model_class in specs/overlays/bert.yaml"),
        ("BERT: load", "Mine: load", "hf_bert.py:1: "),
        ("Rank the tokens", "Rank the tokes", "specs/tasks/"),
        ("        FillMask,\n", "", "cannot be taken out"),
        (
            "    def example(self):\n        return {",
            "    if 1:\n        x = {",
            "change the templates for all else",
        ),
        ("    read = static", "    mine = 1\n    read = static", "right before the first definition"),
    ],
)
def test_what_no_overlay_can_hold_is_refused_with_its_line(
    layout: Layout, capsys, old: str, new: str, said: str
):
    text = edit(layout, (old, new))
    assert adopt(layout) == 2
    told = capsys.readouterr().err
    assert said in told
    line = int(told.split(":")[1])
    first = next(
        n for n, (a, b) in enumerate(zip(text.split("\n"), ORIGINAL.split("\n"), strict=False), 1) if a != b
    )
    assert line == first
    assert not layout.code_overlay("bert").exists()
    assert layout.skillset("bert").read_text() == text


ORIGINAL = Layout(Path(__file__).parents[2]).skillset("bert").read_text()


def test_a_file_that_does_not_parse_is_told(layout: Layout, capsys):
    edit(layout, ("def answer(self, texts: list[str], *, top_k: int = 5):\n", "def answer(:\n"))
    assert adopt(layout) == 2
    assert "does not parse" in capsys.readouterr().err


def test_other_files_are_refused(layout: Layout, capsys):
    assert main(["adopt", "generated/tests/test_hf_bert.py"]) == 2
    assert "is no skillset" in capsys.readouterr().err
    assert main(["adopt", "generated/skillsets/hf_brt.py"]) == 2
    assert 'there is no such file; did you mean "hf_bert"?' in capsys.readouterr().err
    (layout.generated / "skillsets" / "hf_gone.py").write_text("x = 1\n")
    assert main(["adopt", "generated/skillsets/hf_gone.py"]) == 2
    assert "no spec owns it" in capsys.readouterr().err


def test_a_dry_run_writes_nothing_and_json_says_all(layout: Layout, capsys):
    edit(layout, ("        best = probabilities", "        # first\n        best = probabilities"))
    assert adopt(layout, "--dry-run", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["entries"] == ["replaces FillMask.best_tokens"] and told["written"] is False
    assert not layout.code_overlay("bert").exists()


def test_an_edit_of_a_file_that_is_out_of_date_too_is_refused(layout: Layout, capsys):
    edit(layout, ("Rank the tokens", "Rank all tokens"))  # as an older template might have it
    for words in ("init -q", "add -A", "-c user.name=a -c user.email=b commit -q -m base"):
        subprocess.run(["git", *words.split()], cwd=layout.root, check=True)
    edit(layout, ("        best = probabilities", "        # first\n        best = probabilities"))
    assert adopt(layout) == 2
    assert "is older than its specs and templates" in capsys.readouterr().err


METHODS = {"FillMask": ("example", "answer", "best_tokens"), "QuestionAnswering": ("answer", "best_span")}
BODIES = st.sampled_from(
    [
        "return []",
        "# why\n    return self.device  # there",
        'return """two\nlines"""',
        "raise InputError('no')",
    ]
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from([(owner, name) for owner, names in METHODS.items() for name in names]),
        st.sampled_from(["replace", "wrap", "remark", "add before", "add last", "use a helper"]),
        BODIES,
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda edit: edit[0],
)


def method(name: str, inside: str) -> cst.FunctionDef:
    return cst.parse_statement(f"\n# note on {name}\ndef {name}(self, *a):  # so\n    {inside}\n")


def edited(body: list, name: str, how: str, inside: str, number: int) -> list:
    """The statements of a class after one edit of it."""
    place = next(at for at, node in enumerate(body) if scopes.bound_name(node) == name)
    original = body[place]
    apart = original.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    if how == "replace":
        return [*body[:place], method(name, inside), *body[place + 1 :]]
    if how == "wrap":
        kept = apart.with_changes(name=cst.Name(f"generated_{name}"))
        return [*body[:place], method(name, inside), kept, *body[place + 1 :]]
    if how == "remark":
        remark = cst.EmptyLine(comment=cst.Comment(f"# remark {number}"))
        return [*body[:place], apart.with_changes(leading_lines=[remark]), *body[place + 1 :]]
    if how == "add before":
        return [*body[:place], method(f"added_{number}", inside), *body[place:]]
    if how == "add last":
        return [*body, method(f"last_{number}", inside)]
    return [*body[:place], method(name, f"return helper_{number}(self)"), *body[place + 1 :]]


def by_hand(source: str, edits) -> str:
    module = cst.parse_module(source)
    for number, ((owner, name), how, inside) in enumerate(edits):
        body = list(module.body)
        place = next(at for at, node in enumerate(body) if scopes.bound_name(node) == owner)
        new = edited(list(body[place].body.body), name, how, inside, number)
        body[place] = body[place].with_changes(body=body[place].body.with_changes(body=new))
        if how == "use a helper":
            helper = f"# helps\ndef helper_{number}(it):\n    return unicodedata.name(it, LIMIT_{number})\n"
            first = next(at for at, node in enumerate(body) if isinstance(node, scopes.Definition))
            constant = cst.parse_statement(f"LIMIT_{number} = {number}  # that\n")
            body[first:first] = [constant, cst.parse_statement(helper)]
            body.insert(1, cst.parse_statement("import unicodedata\n"))
        module = module.with_changes(body=body)
    return module.code


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_any_such_edit_comes_back_to_the_comment(layout: Layout, edits):
    layout.code_overlay("bert").unlink(missing_ok=True)
    text = by_hand(ORIGINAL, edits)
    layout.skillset("bert").write_text(text)
    adopting.write(layout, adopting.adopt(layout, layout.skillset("bert")))
    after = skillset(layout, "bert")
    wanted = tidied(layout, text)
    assert ast.dump(ast.parse(body(after))) == ast.dump(ast.parse(body(wanted)))
    assert without_blank_lines(after) == without_blank_lines(wanted)
    assert after.count("#") == text.count("#")


def test_an_edit_that_the_sanity_checks_refuse_is_told_at_once(layout: Layout, capsys):
    edit(layout, ("        best = probabilities", "        best = nowhere"))
    assert adopt(layout) == 2
    assert "Undefined name `nowhere`" in capsys.readouterr().err
    assert not layout.code_overlay("bert").exists()
