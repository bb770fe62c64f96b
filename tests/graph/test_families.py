"""The table at the end of a long run: every model is in it once, and few models have none."""

from __future__ import annotations

from generator.graph.families import LONG, Result, table
from generator.graph.verdicts import Verdict

PASSED = Verdict("passed", passed=3, skipped=1, reasons=("no such weights",))


def test_models_are_counted_by_family_and_status():
    results = [Result("text", PASSED)] * LONG + [Result("vision", Verdict("failed")), Result("vision", None)]
    assert table(results) == [
        "family   passed   failed  not run",
        f"text         {LONG}        0        0",
        "vision        0        1        1",
        f"skipped {LONG} x: no such weights",
    ]


def test_few_models_have_no_table():
    assert table([Result("text", PASSED)] * (LONG - 1)) == []
