"""The command `explain`: text, table and JSON, bad targets, mistakes in sources; it writes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator import commands
from generator.errors import EXIT_BAD_INPUT, EXIT_CLEAN
from generator.naming import Layout
from generator.review.explain import NOT_PLANNED
from tests.review.overlaid import PROJECT, checkout

SKILLSET = "generated/skillsets/hf_bert.py"
HANDLER = "templates/skillsets/tasks/_handler.py.j2"


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    layout = checkout(tmp_path / "checkout", "bert")
    monkeypatch.chdir(layout.root)
    return layout


def test_the_command_tells_a_line_as_text(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    number = (
        layout.skillset("bert").read_text().split("\n").index('MODEL_ID = "google-bert/bert-base-uncased"')
        + 1
    )
    assert commands.main(["explain", f"{SKILLSET}:{number}"]) == EXIT_CLEAN
    out = capsys.readouterr().out
    assert "MODEL_ID = {{ checkpoint | literal }}" in out
    assert (
        "specs/models/bert.yaml:" in out and "from source models/bert/configuration_bert.py:BertConfig" in out
    )


def test_the_command_writes_json_for_a_script(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["explain", "--json", f"./{SKILLSET}:1-3"]) == EXIT_CLEAN
    found = json.loads(capsys.readouterr().out)
    assert [line["number"] for line in found["lines"]] == [1, 2, 3]
    assert found["lines"][0]["sources"][0]["facts"][0]["name"] == "title"


def test_the_command_tells_a_whole_file_as_a_table(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["explain", str(layout.root / SKILLSET)]) == EXIT_CLEAN
    rows = capsys.readouterr().out.splitlines()[3:]
    assert len(rows) == layout.skillset("bert").read_text().count("\n")
    assert rows[0].split()[:2] == ["1", "skillsets/_base.py.j2:1,"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("", "is no file"),
        (f"{SKILLSET}:0", "has no lines 0"),
        (f"{SKILLSET}:9-3", "has no lines 9-3"),
        (f"{SKILLSET}:3-99999", "it has lines 1-"),
        ("pyproject.toml:1", "no spec makes this from templates"),
        ("generated/skillsets/hf_brt.py", "No such file"),
        ("generated/skillsets", "Is a directory"),
        ("/etc/hostname", "is not in this checkout"),
        ("generated/../../outside.py", "is not in this checkout"),
        ("generated/two\nlines.py", "is no file"),
    ],
)
def test_bad_targets_are_told(
    layout: Layout, target: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["explain", target]) == EXIT_BAD_INPUT
    assert said in capsys.readouterr().err


def test_mistakes_in_sources_are_told_with_their_line(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    layout.overlay("bert").write_text("entries:\n  - reason: it has a mistake\n    set: {titel: Bert}\n")
    assert commands.main(["explain", SKILLSET]) == EXIT_BAD_INPUT
    assert 'specs/overlays/bert.yaml:3: unknown key "titel"' in capsys.readouterr().err
    layout.overlay("bert").unlink()
    template = layout.templates / HANDLER.removeprefix("templates/")
    template.write_text(template.read_text().replace("{{ model_class |", "{{ model_clas |"))
    assert commands.main(["explain", SKILLSET]) == EXIT_BAD_INPUT
    assert f"{HANDLER}:17:" in capsys.readouterr().err


def test_nothing_is_written(layout: Layout) -> None:
    before = {path: path.stat().st_mtime_ns for path in layout.root.rglob("*")}
    for path in (layout.root / "generated").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert commands.main(["explain", SKILLSET]) == EXIT_CLEAN
    finally:
        for path in (layout.root / "generated").rglob("*"):
            path.chmod(0o755)
    assert {path: path.stat().st_mtime_ns for path in layout.root.rglob("*")} == before


def test_bytes_that_are_no_text_are_a_hand_edit(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    with layout.skillset("bert").open("ab") as file:
        file.write(b"\xff\n")
    assert commands.main(["explain", SKILLSET]) == EXIT_CLEAN
    assert capsys.readouterr().out.rstrip().endswith(f"({NOT_PLANNED})")


def test_the_order_of_hashes_changes_nothing(layout: Layout) -> None:
    code = "import sys; from generator import commands; sys.exit(commands.main(sys.argv[1:]))"
    outs = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(PROJECT)}
        words = [sys.executable, "-c", code, "explain", "--json", SKILLSET]
        outs.add(subprocess.run(words, env=environment, capture_output=True, check=True).stdout)
    assert len(outs) == 1
