"""Real models that misbehave: each costs itself alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checkout import Checkout, processes_in
from junitparser import JUnitXml

SEGFAULT = """\
{% block answer %}
        import ctypes

        ctypes.string_at(0)
"""
SLEEP = """\
        import time

        time.sleep(3600)
"""
ALLOCATE = """\
        hoard = bytearray(30 * 2**30)
        hoard[:: 4096] = b"1" * len(hoard[:: 4096])
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.copy(tmp_path / "copy", "bert", "detr", "llava", "patchtst", "vit")


def test_three_models_that_misbehave_cost_no_other(checkout: Checkout):
    """One segfaults, one sleeps for ever, one allocates 30 GB; the rest of the run goes on."""
    tasks = "templates/skillsets/tasks"
    checkout.edit(f"{tasks}/object_detection.py.j2", "{% block answer %}\n", SEGFAULT)
    checkout.edit(f"{tasks}/image_text_to_text.py.j2", "{% block answer %}\n", "{% block answer %}\n" + SLEEP)
    checkout.edit(
        f"{tasks}/time_series_forecasting.py.j2",
        "{% block answer_from_past_values %}\n",
        "{% block answer_from_past_values %}\n" + ALLOCATE,
    )
    checkout.edit("generator/validation/run.py", "SECONDS = 300.0", "SECONDS = 25.0")

    ran = checkout.doit("-n", "2", "validate")
    told = ran.stdout + ran.stderr
    assert ran.returncode != 0, told
    for model, what in {"detr": "SIGSEGV", "llava": "25 s", "patchtst": "MemoryError"}.items():
        assert what in told
        assert f"failed: validate:{model}" in told
        assert re.search(rf"failed: validate:{model}:.*run it alone: (doit|pytest) .*{model}", told)
    for model in ("bert", "vit"):
        assert any(f"validate:{model}" in line and " ok " in line for line in told.splitlines()), told
    assert "2 of 5 models passed" in told
    assert processes_in(checkout.root) == []

    suites = {suite.name: suite for suite in JUnitXml.fromfile(str(checkout.root / ".cache" / "junit.xml"))}
    assert (suites["validate:bert"].errors, suites["validate:bert"].failures) == (0, 0)
    assert suites["validate:bert"].tests > 5 and suites["validate:detr"].errors == 1
    assert suites["validate:patchtst"].failures > 0
    assert re.search(r"^ *generated/tests/test_hf_patchtst\.py:\d+: test_", told, re.M)
