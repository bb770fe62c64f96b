"""`auto`: what is chosen of which figures, and that it is measured, chosen and told of on a real model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generator.execution import checkpoint
from generator.naming import Layout
from generator.specs import catalogue
from skillset_runtime import auto
from skillset_runtime.auto import Figure, Figures
from skillset_runtime.handler import DETAILS
from skillset_runtime.importing import load_by_path

ROOT = Path(__file__).parents[2]
BASE = Figure("cpu", "float32", 0.010)
FAST = Figure("openvino", "float32", 0.003)
WRONG = Figure("openvino", "int8", 0.001, refused="score is off by 0.9 of the largest; 0.13 is allowed")
BROKEN = Figure("onnx", "float32", refused="SkillsetError: onnx: no such op")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(auto.FOLDER_VARIABLE, str(tmp_path / "figures"))
    return tmp_path / "figures"


def chosen(*figures: Figure) -> auto.Choice:
    Figures.of("hf_bert", "fill-mask", "a-model").write(figures)
    return auto.choose("hf_bert", "fill-mask", "a-model")


def test_the_fastest_is_chosen_and_why_is_told() -> None:
    choice = chosen(BASE, FAST)
    assert (choice.target, choice.precision) == ("openvino", "float32")
    assert choice.reason == (
        "fastest of 2 that answer right, openvino float32: 3.00 ms, cpu float32: 10.00 ms"
    )


def test_what_failed_validation_is_never_chosen_however_fast() -> None:
    choice = chosen(BASE, WRONG, FAST, BROKEN)
    assert (choice.target, choice.precision) == ("openvino", "float32")
    assert choice.reason.endswith("; 2 refused")
    assert chosen(BASE, WRONG, BROKEN).target == "cpu"


@pytest.mark.parametrize("figures", [(), (WRONG, BROKEN)])
def test_without_a_right_answer_it_is_float32_on_the_processor(figures: tuple[Figure, ...]) -> None:
    choice = chosen(*figures)
    assert (choice.target, choice.precision) == ("cpu", "float32")
    assert "nothing was measured" in choice.reason


def test_figures_of_another_model_task_or_library_are_not_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen(BASE, FAST)
    assert auto.choose("hf_bert", "fill-mask", "another-model").target == "cpu"
    assert auto.choose("hf_bert", "feature-extraction", "a-model").target == "cpu"
    monkeypatch.setattr(auto, "_versions", lambda: iter(["torch 99"]))
    assert auto.choose("hf_bert", "fill-mask", "a-model").target == "cpu"


def test_a_damaged_file_is_no_record(folder: Path) -> None:
    chosen(BASE, FAST)
    (file,) = folder.glob("*.json")
    file.write_text("{")
    assert auto.choose("hf_bert", "fill-mask", "a-model").target == "cpu"


def test_a_model_is_measured_by_the_command_and_then_runs_where_it_was_fastest() -> None:
    layout = Layout(ROOT)
    folder = checkpoint.ensure(catalogue.load_model(layout, "bert"), "fill-mask", layout.cache)
    command = [sys.executable, "-m", "skillset_runtime.auto", str(layout.skillset("bert")), str(folder)]
    ran = subprocess.run([*command, "--targets", "cpu"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    figures = Figures.of("hf_bert", "fill-mask", str(folder)).read()
    assert [(each.target, each.precision) for each in figures][:2] == [
        ("cpu", "float32"),
        ("cpu", "bfloat16"),
    ]
    assert figures[0].error == 0.0

    skillset = load_by_path(layout.skillset("bert")).hf_bert()
    handler = skillset.init_auto(str(folder))[2]
    answer = handler(text=f"The cat {handler.processor.mask_token}.")
    fastest = min((each for each in figures if each.refused is None), key=lambda each: each.seconds)
    assert (answer["device"], answer["precision"]) == ("cpu", fastest.precision)
    assert answer["reason"].startswith(f"fastest of {sum(each.refused is None for each in figures)}")
    assert set(answer) - set(DETAILS) == {"fills"}
