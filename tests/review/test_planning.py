"""Planning in memory: what decides a plan decides whether a kept one is taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator import plan as plans
from generator.errors import ProblemsFound
from generator.graph.batches import Batches
from generator.graph.facts import FileFacts
from generator.graph.keys import Keys
from generator.graph.models import from_index
from generator.graph.steps import STEPS
from generator.naming import Layout
from generator.review.planning import plan
from tests.review.small import Small

TEST = "generated/tests/test_hf_bert.py"
TESTS = STEPS[0]


def test_the_shared_files_come_with_all_types_alone(small: Small):
    some, whole = plan(small.layout, ["bert"]), plan(small.layout)
    assert set(some) == {TEST, "generated/requirements/bert.yaml", "generated/skillsets/hf_bert.py"}
    assert some.items() < whole.items()
    assert {"generated/docs/matrix.md", "skillset_runtime/targets.py"} < whole.keys()
    assert all((small.root / path).read_text() == text for path, text in whole.items())


def test_a_plan_that_is_kept_renders_nothing(small: Small, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("it was rendered")

    monkeypatch.setattr(plans.Planner, "__init__", refuse)
    assert plan(small.layout, ["bert"])[TEST] == (small.root / TEST).read_text()
    with pytest.raises(AssertionError):
        plan(small.layout, ["bert"], cache=small.root / "another")


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [("line-length = 110", "line-length = 60", True), ('version = "0.1.0"', 'version = "0.1.1"', False)],
)
def test_settings_of_the_formatter_decide_and_other_settings_do_not(
    small: Small, old: str, new: str, again: bool
):
    before = plan(small.layout, ["bert"])
    stamps = {path: path.stat().st_mtime_ns for path in (small.layout.cache / "plans/tests").iterdir()}
    small.edit("pyproject.toml", old, new)
    assert (plan(small.layout, ["bert"])[TEST] != before[TEST]) == again
    assert (stamps != {path: path.stat().st_mtime_ns for path in stamps}) == again


def test_what_was_planned_while_its_sources_changed_is_not_kept(small: Small, tmp_path: Path):
    """It was made from neither the old nor the new text for certain; the old one may come back."""
    base = small.root / "templates/tests/_base.py.j2"
    text = base.read_text()
    models = [model for model in from_index(small.layout).by_name.values() if model.name == "bert"]

    def take(change: str) -> str | Exception:
        def plan_tests(layout: Layout, model_types: list[str]) -> plans.Plans:
            base.write_text(text + change)
            plans.forget()
            return plans.plan_tests(layout, model_types)

        step = replace(TESTS, plan="")
        object.__setattr__(step, "load_plan", lambda: plan_tests)
        return Batches(small.layout, Keys(FileFacts(small.root)), tmp_path / "plans").take(
            step, models[0], []
        )

    assert "# changed" in take("# changed\n")
    assert not (tmp_path / "plans").exists()
    base.write_text(text)
    assert "# changed" not in take("")
    assert [path.name for path in (tmp_path / "plans/tests").iterdir()] == ["bert"]


def test_a_bug_names_the_file_that_was_planned(small: Small, monkeypatch):
    def fail(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(plans.views, "file_context", fail)
    with pytest.raises(KeyError) as caught:
        plan(small.layout, ["bert"], cache=small.root / "another")
    assert caught.value.__notes__ == [f"while {TEST} was planned"]


def test_a_broken_vocabulary_is_told_with_its_line(small: Small):
    (small.layout.cache / "plans/tests/bert").unlink()
    small.edit("specs/hardware/cpu.yaml", "name: cpu", "name: cpu\ncolour: red")
    with pytest.raises(ProblemsFound, match=r'specs/hardware/cpu.yaml:\d+: unknown key "colour"'):
        plan(small.layout)


def test_what_has_no_input_yet_is_left_out(small: Small):
    small.layout.expectations("bert").unlink()
    assert "generated/requirements/bert.yaml" not in plan(small.layout)
    small.layout.requirements("bert").unlink()
    assert set(plan(small.layout, ["bert"])) == {TEST}
