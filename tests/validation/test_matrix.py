"""The record of the matrix: what replaces what, in which order it is written, and what a run comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.execution.jobs import JobResult, Outcome
from generator.naming import Layout
from generator.publish import encode
from generator.specs import catalogue
from generator.validation import cell as cells
from generator.validation import matrix
from generator.validation.cell import Cell, row_of
from generator.validation.matrix import Matrix, Row, State
from generator.validation.record import Record
from skillset_runtime.detection import Device, Target
from skillset_runtime.errors import SkillsetError

LAYOUT = Layout(Path(__file__).parents[2])


def cell(target: str = "onnx", precision: str = "float32") -> Cell:
    return Cell.of(LAYOUT, "bert", target, precision)


def test_a_cell_is_of_the_first_task_that_the_skillset_has():
    assert cell().task == "fill-mask"
    assert catalogue.load_model(LAYOUT, "fuyu").default_task == "image-text-to-text"
    assert Cell.of(LAYOUT, "fuyu", "onnx", "float32").task == "text-generation"


def result(outcome: Outcome = Outcome.FINISHED, message: str = "", **record: Any) -> JobResult:
    details = {"fill-mask": {"implementation_type": "REAL"}}
    value = Record(**{"details": details, "outcomes": {"test_it": "passed"}, **record}).plain()
    finished = outcome is Outcome.FINISHED
    return JobResult("bert", outcome, value if finished else None, 0, None, "", 1.0, 1.0, 1, message)


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        (Row(state="executed", error=2e-6), Row(state="executed", error=5e-6), True),
        (Row(state="executed", error=2e-6), Row(state="executed", error=2e-5), False),
        (Row(state="executed", error=2e-6), Row(state="executed"), False),
        (Row(state="executed", agreement=1.0), Row(state="executed", agreement=0.9), False),
        (Row(state="executed"), Row(state="wrong", reason="off"), False),
        (Row(state="wrong", reason="off"), Row(state="executed"), False),
        (Row(state="executed"), Row(state="not run", reason="no library"), True),
        (Row(state="not run", reason="no library"), Row(state="not run", reason="no device"), True),
        (Row(state="executed"), Row(state="placement checked"), True),
        (Row(state="failed", reason="crash"), Row(state="placement checked"), False),
    ],
)
def test_a_row_is_kept_unless_a_new_one_says_something_else(before: Row, now: Row, kept: bool) -> None:
    assert now.settled(before) == (before if kept else now)
    assert now.settled(None) == now


def test_rows_are_written_in_order_and_read_again(tmp_path: Path) -> None:
    rows = [("onnx", "int8"), ("cpu", "float32"), ("onnx", "float32")]
    found = Matrix(model_type="bert")
    for target, precision in rows:
        found = found.with_row("fill-mask", target, precision, Row(state=State.EXECUTED, error=1e-6))
    again = Matrix(model_type="bert")
    for target, precision in reversed(rows):
        again = again.with_row("fill-mask", target, precision, Row(state=State.EXECUTED, error=1e-6))
    assert matrix.dump(found) == matrix.dump(again)
    layout = Layout(tmp_path)
    layout.matrix("bert").parent.mkdir(parents=True)
    layout.matrix("bert").write_bytes(encode(matrix.dump(found)))
    assert matrix.load(layout, "bert") == found
    assert matrix.load(layout, "vit") == Matrix(model_type="vit")


def test_a_run_in_which_all_passed_is_executed_with_its_figures() -> None:
    accuracy = {"one": {"error": 0.00012, "where": "x", "agreement": 0.98765, "trouble": None}}
    assert row_of(cell(), result(accuracy=accuracy)) == Row(state="executed", error=1e-4, agreement=0.99)


def test_a_model_of_which_parts_run_elsewhere_says_so() -> None:
    details = {
        "implementation_type": "REAL",
        "parts": ["encoder"],
        "in_torch": {"model": "Error: no op"},
    }
    row = row_of(cell(), result(details={"fill-mask": details}))
    assert row == Row(state="executed", parts=("encoder",), reason="model: Error: no op")


def test_what_is_not_opened_failed_to_export_on_an_engine_and_failed_in_torch() -> None:
    run = result(not_opened={"fill-mask": "onnx: no such op"}, outcomes={"test_it": "failed"})
    assert row_of(cell("onnx"), run) == Row(state="export failed", reason="onnx: no such op")
    assert row_of(cell("cpu"), run).state is State.FAILED


def test_what_is_not_opened_for_want_of_a_library_is_not_run() -> None:
    record = Record()
    try:
        try:
            raise ImportError("no torchao")
        except ImportError as error:
            raise SkillsetError("int8 needs torchao") from error
    except SkillsetError as error:
        record.opened("fill-mask", error)
    told = {"not_opened": record.not_opened, "lacking": record.lacking}
    assert row_of(cell("cpu", "int8"), result(**told)) == Row(state="not run", reason="int8 needs torchao")


def test_an_answer_that_differs_is_wrong_and_an_error_is_a_failure() -> None:
    told = {"test_it": "E   AssertionError: 1 != 2\n\ntest.py:3: AssertionError"}
    failed = {"outcomes": {"test_it": "failed"}, "reasons": told}
    assert row_of(cell(), result(**failed)) == Row(state="wrong", reason="test_it: AssertionError: 1 != 2")
    assert row_of(cell(), result(**failed, raised=("test_it",))).state is State.FAILED


def test_what_was_simulated_or_placement_checked_is_not_executed() -> None:
    assert row_of(cell(), result(details={"fill-mask": {"implementation_type": "SIMULATED"}})).state is (
        State.SIMULATED
    )
    assert row_of(cell("cuda"), result(placement_checked=True)).state is State.PLACEMENT_CHECKED


def test_a_crash_is_a_failure_in_its_own_words() -> None:
    run = result(Outcome.CRASHED, "bert: was killed by SIGSEGV and left no answer; run it alone: x")
    assert row_of(cell(), run).reason == "bert: was killed by SIGSEGV and left no answer"


def test_in_floats_that_the_device_does_not_compute_in_nothing_is_run(monkeypatch) -> None:
    found = Target("openvino", True, devices=(Device("CPU", "EPYC"),), precisions=("float32", "bfloat16"))
    monkeypatch.setattr(cells, "_detected", lambda name: found)
    row = Row(state="not run", reason="CPU does not compute in float16")
    assert cells._declared(cell("openvino", "float16")) == row
    assert [cells._declared(cell("openvino", name)) for name in ("bfloat16", "int8", "int4")] == [None] * 3


def test_without_a_library_nothing_is_run() -> None:
    row = row_of(cell(), result(missing=("timm",), outcomes={"test_it": "not_run"}))
    assert (row.state, "timm" in row.reason) == (State.NOT_RUN, True)
