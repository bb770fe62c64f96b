"""The matrix of a real model: a row is what its run came to, is run again when due, and never a pretence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import Checkout

SKILLSET = "generated/skillsets/hf_patchtst.py"
ANSWER = '        return {"forecast": forecast.tolist()}'


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    copy = Checkout.copy(tmp_path / "copy", "patchtst")
    (copy.root / "generated/matrix/patchtst.yaml").unlink(missing_ok=True)
    return copy


def row(checkout: Checkout, target: str, precision: str = "float32") -> dict[str, Any]:
    ran = checkout.doit(f"matrix:{target}:{precision}:patchtst")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    record = yaml.safe_load((checkout.root / "generated/matrix/patchtst.yaml").read_text("utf-8"))
    (task,) = record["tasks"].values()
    return task[target][precision]


def test_a_row_is_run_once_and_again_when_what_decides_it_changed(checkout: Checkout):
    assert row(checkout, "cpu") == {"state": "executed", "error": 0.0}
    again = checkout.doit("matrix:cpu:float32:patchtst")
    assert (again.returncode, "nothing to do" in again.stdout) == (0, True), again.stdout

    checkout.edit(SKILLSET, ANSWER, ANSWER.replace("forecast.", "(forecast * 1.01)."))
    assert row(checkout, "cpu")["state"] == "wrong"


def test_in_another_precision_the_error_is_a_figure(checkout: Checkout):
    found = row(checkout, "cpu", "bfloat16")
    assert found["state"] == "executed"
    assert 0 < found["error"] < 0.125


def test_an_absent_gpu_is_placement_checked_and_a_tensor_left_behind_is_found(checkout: Checkout):
    assert row(checkout, "cuda") == {"state": "placement checked", "error": 0.0}
    checkout.edit(SKILLSET, ".to(self.device)", "")
    found = row(checkout, "cuda")
    assert found["state"] == "failed"
    assert "cuda:0" in found["reason"]


def test_what_is_absent_is_not_run_and_what_the_spec_declares_is_skipped(checkout: Checkout):
    found = row(checkout, "webgpu")
    assert found["state"] == "not run"
    assert found["reason"]
    overlay = "entries:\n  - {reason: for this test alone, set: {unsupported: {mps: Metal cannot do this}}}\n"
    checkout.write("specs/overlays/patchtst.yaml", overlay)
    assert row(checkout, "mps") == {"state": "skipped", "reason": "Metal cannot do this"}


def test_a_misspelt_task_has_a_hint(checkout: Checkout):
    ran = checkout.doit("matrix:onnx:float23:patchtst")
    assert ran.returncode != 0
    assert "matrix:onnx:float32:patchtst" in ran.stderr
