"""`why` and `--dry-run`: what they say would run is what then runs, and the reason is the change made."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.graph.causes import changes
from generator.graph.texts import Texts
from tests.graph.project import Project, Ran

VALUES = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["", "a", "a b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def forecast(project: Project, *words: str) -> dict[str, list[str]]:
    """Task → its reasons, of those that are due; and those that would follow."""
    ran = project.doit("why", "--json", *words)
    found = json.loads(ran.out)
    reasons = {
        task: [f"{cause['subject']} {cause['change']}".strip() for cause in group["causes"]]
        for group in found["due"]
        for task in group["tasks"]
    }
    assert ran.code == bool(reasons), ran
    return {**reasons, "following": found["following"]}


def assert_nothing_ran(project: Project, ran: Ran) -> None:
    assert ran.executed == () and "Traceback" not in ran.err, ran


def test_in_a_fresh_checkout_everything_is_due_and_nothing_is_written(project: Project):
    ran = project.doit("why")
    assert_nothing_ran(project, ran)
    assert ran.out.splitlines()[1] == "  it has not run in this checkout"
    assert "20 tasks would run" in ran.out and project.tree() == {}


def test_what_is_up_to_date_is_said_to_be(built: Project):
    ran = built.doit("why", "validate:alpha")
    assert (ran.code, ran.out) == (0, "4 tasks up to date\n")


@pytest.mark.parametrize(
    ("path", "text", "task", "reason"),
    [
        (
            "specs/models/alpha.yaml",
            "title: A\n",
            "tests:alpha",
            "specs/models/alpha.yaml changed: title is new: A",
        ),
        (
            "specs/models/alpha.yaml",
            "# so\n",
            "tests:alpha",
            "specs/models/alpha.yaml changed, in layout or comments alone",
        ),
        ("specs/overlays/alpha.yaml", "a: b\n", "tests:alpha", "specs/overlays/alpha.yaml is new"),
        (
            "templates/skillsets/_base.py.j2",
            "# more\n",
            "generate:alpha",
            "templates/skillsets/_base.py.j2 changed",
        ),
        ("quick_running.py", "\nMORE = 1\n", "validate:alpha", "quick_running.py changed"),
        (
            "generated/skillsets/hf_alpha.py",
            "# mine\n",
            "generate:alpha",
            "generated/skillsets/hf_alpha.py was edited by hand",
        ),
    ],
)
def test_the_reason_is_the_change(built: Project, path: str, text: str, task: str, reason: str):
    (built.root / "specs/overlays").mkdir(exist_ok=True)
    (built.root / path).touch()
    built.append(path, text)
    due = forecast(built)
    assert due[task] == [reason]
    ran = built.doit()
    assert task in ran.executed
    assert set(due) - {"following"} <= set(ran.executed) <= set(due) | set(due["following"]), ran
    assert forecast(built) == {"following": []}


def test_a_value_that_changed_is_told_with_both_sides(built: Project):
    path = built.root / "specs/models/alpha.yaml"
    path.write_text("family: vision\n")
    assert forecast(built, "tests:alpha")["tests:alpha"] == [
        "specs/families/text.yaml is gone",
        "specs/families/vision.yaml is new",
        "specs/models/alpha.yaml changed: family: text → vision",
        "templates/tests/text.py.j2 is gone",
        "templates/tests/vision.py.j2 is new",
    ]


def test_what_another_task_writes_again_makes_a_task_follow_and_not_due(built: Project):
    built.append("generated/tests/test_hf_beta.py", "# mine\n")
    (built.root / "generated/skillsets/hf_delta.py").unlink()
    due = forecast(built)
    assert set(due) == {"tests:beta", "generate:delta", "following"}
    assert due["following"] == ["reference:beta", "generate:beta", "validate:beta", "validate:delta"]
    assert built.doit().executed == ("tests:beta", "generate:delta")


def test_a_file_changed_by_something_else_than_a_hand_is_not_called_an_edit(built: Project):
    """As after a checkout of another branch, whose manifest comes with its files."""
    older = built.tree()
    built.append("templates/skillsets/_base.py.j2", "# more\n")
    built.doit()
    for path, content in older.items():
        (built.root / path).write_bytes(content)
    path = "generated/skillsets/hf_alpha.py"
    assert forecast(built, "generate:alpha")["generate:alpha"] == [
        f"{path} is not what the last run here left"
    ]


def test_many_tasks_with_one_reason_are_one_line(built: Project):
    built.append("templates/skillsets/_base.py.j2", "# more\n")
    lines = built.doit("why").out.splitlines()
    assert lines[0].startswith("5 tasks would run: generate:alpha, ")
    assert lines[1] == "  templates/skillsets/_base.py.j2 changed"
    assert lines[2].startswith("5 tasks would follow") and lines[3] == "10 tasks up to date"


@pytest.mark.parametrize(
    "words", [("-a", "beta"), ("tests:*ta",), ("-n", "2", "generated/tests/test_hf_beta.py"), ("models",), ()]
)
def test_a_dry_run_takes_what_a_run_takes_and_runs_nothing(project: Project, words: tuple[str, ...]):
    dry = project.doit("--dry-run", *words)
    assert_nothing_ran(project, dry)
    wet = project.doit(*words)
    told = int(dry.out.split()[0])
    assert dry.code == 1 and told == len(wet.executed), (dry, wet)


def test_a_task_that_there_is_not(built: Project):
    for words in (("why", "validte:alpha"), ("--dry-run", "validte:alpha")):
        ran = built.doit(*words)
        assert ran.code == 2 and 'did you mean "validate:alpha"?' in ran.err, ran


def test_what_always_runs_is_said_to(built: Project):
    assert forecast(built, "specs", "tests:alpha") == {
        "specs": ["it runs whenever it is asked for"],
        "following": [],
    }


def test_a_broken_spec_is_the_reason(built: Project):
    built.write("specs/models/alpha.yaml", "no: family\n")
    assert forecast(built, "tests:alpha")["tests:alpha"] == ["specs/models/alpha.yaml:1: no family"]


@pytest.mark.parametrize("damage", ["lost", "torn"])
def test_without_what_was_kept_a_reason_names_less_and_a_run_is_as_good(built: Project, damage: str):
    store = built.root / ".cache/texts.sqlite"
    store.unlink() if damage == "lost" else store.write_bytes(b"SQLite format 3\0" + b"x" * 4096)
    built.append("specs/models/alpha.yaml", "title: A\n")
    assert forecast(built, "tests:alpha")["tests:alpha"] == ["specs changed; what they were is not known"]
    assert built.doit().code == 0
    built.append("specs/models/alpha.yaml", "more: B\n")
    assert forecast(built, "tests:alpha")["tests:alpha"] == [
        "specs/models/alpha.yaml changed: more is new: B"
    ]


def test_only_the_newest_texts_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("generator.graph.texts._KEPT", 3)
    texts = Texts(tmp_path / "texts.sqlite")
    for name in "abcde":
        texts.keep({name: f"text {name}"})
    texts.keep({"b": "text b"})
    texts.close()
    assert [name for name in "abcde" if texts.get(name)] == ["b", "d", "e"]


@given(VALUES, VALUES)
def test_there_is_a_change_to_tell_just_where_values_differ(old, new):
    assert (list(changes(old, new, "")) == []) == (old == new)
