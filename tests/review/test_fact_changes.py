"""Which facts of a spec changed: the key, what it was and is, and the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.review.facts import fact_changes

PATH = "specs/tasks/a.yaml"
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "no: thing", "1"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("pqrs"), inner, max_size=4),
    max_leaves=12,
)
DATA = st.dictionaries(st.sampled_from("uvwxyz"), VALUES, min_size=1)


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Layout, Layout]:
    return Layout(tmp_path / "old"), Layout(tmp_path / "new")


def _write(layout: Layout, path: str, text: str) -> None:
    (layout.root / path).parent.mkdir(parents=True, exist_ok=True)
    (layout.root / path).write_text(text)


@given(old=DATA, new=DATA)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_there_are_changes_where_the_data_differ_and_only_there(sides, old, new):
    for side, data in zip(sides, (old, new), strict=True):
        _write(side, PATH, json.dumps(data))  # JSON is YAML too
    found = fact_changes(*sides, PATH)
    assert bool(found) == (json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True))
    for change in found:
        assert change.old != change.new
    changed = {change.key.split(".")[0] for change in found}
    same = [key for key in old.keys() & new.keys() if json.dumps(old[key]) == json.dumps(new[key])]
    assert changed.isdisjoint(same)


def test_an_item_that_is_put_in_changes_no_other(sides):
    _write(sides[0], PATH, "name: a\ntasks: [x, y]\n")
    _write(sides[1], PATH, "name: a\ntasks:\n  - new\n  - x\n  - y\n")
    (change,) = fact_changes(*sides, PATH)
    assert (change.key, change.old, change.new, change.line) == ("tasks.0", None, '"new"', 3)


def test_an_overlay_is_told_of_by_the_facts_that_it_corrects(sides):
    for side in sides:
        _write(side, "specs/models/m.yaml", "checkpoint: org/derived\ntitle: M\n")
    overlay = "entries:\n  - reason: the docs are wrong\n    set:\n      checkpoint: org/right\n"
    _write(sides[1], "specs/overlays/m.yaml", overlay)
    checkpoint, reason = fact_changes(*sides, "specs/overlays/m.yaml")
    assert (checkpoint.key, checkpoint.old, checkpoint.new) == ("checkpoint", '"org/derived"', '"org/right"')
    assert (checkpoint.path, checkpoint.line) == ("specs/overlays/m.yaml", 4)
    assert (reason.key, reason.new) == ("reason", '"the docs are wrong"')
    back, _ = fact_changes(*sides[::-1], "specs/overlays/m.yaml")
    assert (back.old, back.new) == ('"org/right"', '"org/derived"')


def test_yaml_that_cannot_be_read_is_a_problem_with_its_line(sides):
    _write(sides[0], PATH, "name: a\n")
    _write(sides[1], PATH, "name: a\n<<<<<<< ours\n")
    with pytest.raises(ProblemsFound, match=r"^specs/tasks/a.yaml:\d: "):
        fact_changes(*sides, PATH)
