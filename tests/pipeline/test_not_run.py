"""A type that needs an absent library: not run, with the reason; what was observed elsewhere stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from checkout import Checkout

OVERLAY = """\
entries:
  - reason: a library that no environment has, for this test
    set: {requires: [no_such_library]}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    copy = Checkout.copy(tmp_path / "copy", "patchtst")
    copy.write("specs/overlays/patchtst.yaml", OVERLAY)
    return copy


def generated(checkout: Checkout) -> dict[str, bytes]:
    folders = [checkout.root / "generated" / name for name in ("expectations", "requirements")]
    return {f"{path}": path.read_bytes() for folder in folders for path in sorted(folder.glob("*.yaml"))}


def test_it_is_not_run_and_that_is_no_failure(checkout: Checkout):
    before = generated(checkout)
    ran = checkout.doit("validate")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 not run: needs no_such_library, not installed here; see docs/environments.md" in ran.stdout
    assert "0 of 1 models passed" in ran.stdout
    assert generated(checkout) == before
    assert len(before) == 2

    verdict = json.loads((checkout.root / ".cache/verdicts/patchtst.json").read_text("utf-8"))
    assert verdict["status"] == "not_run"
    assert set(verdict["outcomes"].values()) == {"not_run"}
    assert verdict["environment"]["transformers"]

    again = checkout.doit("validate")
    assert (again.returncode, "nothing to do" in again.stdout) == (0, True)


def test_without_anything_observed_before_it_fails_and_says_so(checkout: Checkout):
    for folder in ("expectations", "requirements"):
        (checkout.root / "generated" / folder / "patchtst.yaml").unlink()
    ran = checkout.doit("validate")
    assert ran.returncode != 0
    assert "nothing has been observed of patchtst yet: it needs no_such_library" in ran.stdout


def test_a_type_whose_tasks_are_all_withheld_says_so_when_asked_for(checkout: Checkout):
    tasks = yaml.safe_load((checkout.root / "specs/models/patchtst.yaml").read_text("utf-8"))["tasks"]
    withheld = "".join(f"        {task}: its series have no end (upstream)\n" for task in tasks)
    entry = f"entries:\n  - reason: Not served, for this test\n    set:\n      withheld:\n{withheld}"
    checkout.write("specs/overlays/patchtst.yaml", entry)
    ran = checkout.doit("validate:patchtst")
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "specs/overlays/patchtst.yaml withholds all that it could serve" in ran.stderr
    assert "its series have no end" in ran.stderr
