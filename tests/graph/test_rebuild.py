"""What runs after a change: exactly what it reaches, and no further than an output that stays the same."""

from __future__ import annotations

import os

import pytest

from tests.graph.project import FAMILIES, STEPS, Project

ALL = tuple(model for models in FAMILIES.values() for model in models)


def everything(*models: str) -> set[str]:
    return {f"{step}:{model}" for step in STEPS for model in models}


def test_the_first_run_does_everything_and_the_second_nothing(project: Project):
    first, second = project.doit(), project.doit()
    assert (first.code, set(first.executed)) == (0, everything(*ALL)), first
    assert "5 of 5 models passed" in first.out
    assert (second.code, second.executed) == (0, ())
    assert second.out.splitlines() == ["nothing to do: everything is up to date"]


def test_a_task_runs_after_the_steps_it_needs(project: Project):
    ran = project.doit("generate:beta")
    assert ran.executed == ("tests:beta", "reference:beta", "generate:beta"), ran


@pytest.mark.parametrize("words", [("alpha",), ("-n", "2", "alpha"), ("validate:alpha",)])
def test_everything_for_one_model(project: Project, words: tuple[str, ...]):
    assert project.doit(*words).executed == tuple(f"{step}:alpha" for step in STEPS)


def test_what_is_up_to_date_runs_when_told_to_run_always(built: Project):
    assert set(built.doit("-a").executed) == everything(*ALL)
    assert built.doit("-a", "tests:alpha").executed == ("tests:alpha",)


def test_a_wildcard_selects_models(project: Project):
    ran = project.doit("tests:*ta")
    assert set(ran.executed) == {"tests:beta", "tests:delta"}, ran


def test_a_file_can_be_asked_for(project: Project):
    ran = project.doit("generated/tests/test_hf_beta.py")
    assert ran.executed == ("tests:beta",), ran


@pytest.mark.parametrize(
    ("path", "models"),
    [
        ("specs/models/alpha.yaml", ("alpha",)),
        ("specs/overlays/alpha.yaml", ("alpha",)),
        ("specs/families/vision.yaml", ("delta", "epsilon")),
    ],
)
def test_an_edited_spec_reruns_what_it_reaches(built: Project, path: str, models: tuple[str, ...]):
    built.write(path, (built.root / path).read_text() if (built.root / path).exists() else "")
    built.append(path, "new: fact\n")
    ran = built.doit()
    reached = {task for task in ran.executed if task.startswith("tests:")}
    assert reached == {f"tests:{model}" for model in models}, ran
    assert {task.partition(":")[2] for task in ran.executed} == set(models), ran
    assert built.doit().executed == ()


def test_a_family_template_regenerates_only_its_family(built: Project):
    built.append("templates/skillsets/vision.py.j2", "# more\n")
    ran = built.doit()
    assert set(ran.executed) == {
        f"{step}:{model}" for step in ("generate", "validate") for model in FAMILIES["vision"]
    }, ran


def test_a_base_template_reaches_every_family(built: Project):
    built.append("templates/skillsets/_base.py.j2", "# more\n")
    assert set(built.doit().executed) >= {f"generate:{model}" for model in ALL}


@pytest.mark.parametrize("folder", ["tests", "skillsets"])
def test_a_comment_in_a_template_stops_at_the_unchanged_output(built: Project, folder: str):
    before = built.tree()
    built.append(f"templates/{folder}/text.py.j2", "{# nothing that shows #}\n")
    step = {"tests": "tests", "skillsets": "generate"}[folder]
    ran = built.doit()
    assert set(ran.executed) == {f"{step}:{model}" for model in FAMILIES["text"]}, ran
    assert built.tree() == before


def test_code_reruns_the_steps_that_import_it_and_a_comment_in_it_none(built: Project):
    built.append("quick_running.py", "\n# a comment\n")
    assert built.doit().executed == ()
    built.append("quick_running.py", "\nMORE = 1\n")
    ran = built.doit()
    assert {task.partition(":")[0] for task in ran.executed} == {"reference", "validate"}, ran


def test_a_touch_runs_nothing(built: Project):
    for path in [*(built.root / "specs").rglob("*.yaml"), *(built.root / "generated").rglob("*.py")]:
        os.utime(path, (1, 1))
    assert built.doit().executed == ()


@pytest.mark.parametrize("state", ["state.jsonl", "facts.json"])
def test_without_its_state_everything_is_checked_and_nothing_changes(built: Project, state: str):
    stats = {p: p.stat().st_mtime_ns for p in (built.root / "generated").rglob("*") if p.is_file()}
    (built.root / ".cache" / state).unlink()
    ran = built.doit()
    assert set(ran.executed) == (everything(*ALL) if state == "state.jsonl" else set()), ran
    assert stats == {path: path.stat().st_mtime_ns for path in stats}


def test_a_file_changed_back_within_the_clock_tick_is_noticed(built: Project):
    path = built.root / "specs/models/alpha.yaml"
    built.append("specs/models/alpha.yaml", "x: 1\n")
    assert built.doit().executed
    stamp = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace("x: 1", "x: 2"))
    assert path.stat().st_mtime_ns != stamp
    assert "tests:alpha" in built.doit().executed


def test_a_missing_output_is_made_again(built: Project):
    before = built.tree()
    (built.root / "generated/requirements/alpha.yaml").unlink()
    ran = built.doit()
    assert ran.executed == ("reference:alpha",), ran
    assert built.tree() == before


def test_the_same_bytes_in_any_order_of_work(project: Project, tmp_path):
    other = Project.create(tmp_path / "elsewhere")
    assert project.doit("-n", "1", PYTHONHASHSEED="1").code == 0
    assert other.doit("-n", "2", PYTHONHASHSEED="2").code == 0
    assert project.tree() == other.tree()
    assert project.doit("-n", "2").executed == other.doit().executed == ()
