"""A type that needs an absent library: not run, with the reason; what was observed elsewhere stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
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
