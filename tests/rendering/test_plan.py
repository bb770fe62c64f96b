"""Planned together or alone, a file is the same; what fails in a batch fails alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import formatting
from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.plan import plan_tests

LAYOUT = Layout(Path(__file__).parents[2])


def test_a_batch_makes_what_one_by_one_makes():
    together = plan_tests(LAYOUT, ["bert", "no-such", "vit"])
    assert isinstance(together.pop("no-such"), ProblemsFound)
    assert together == {name: plan_tests(LAYOUT, [name])[name] for name in ("bert", "vit")}
    assert together["vit"].startswith('"""')


def test_an_error_of_a_tool_is_for_every_task_to_raise(monkeypatch: pytest.MonkeyPatch):
    full = OSError(28, "No space left on device")

    def format_sources(*_: object) -> None:
        raise full

    monkeypatch.setattr(formatting, "format_sources", format_sources)
    assert plan_tests(LAYOUT, ["bert", "vit"]) == {"bert": full, "vit": full}
