"""Every mistake in `cases/`: made in the valid tree, loaded, compared with the text a person reads.

A case is a folder: `edits.yaml` says what to change in `base/`, other files are copied over it.
What comes of it is `error.txt`, or `loaded.json` where the specs are good.
`REFRESH_CASES=1 pytest tests/specs` writes these anew.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.specs import catalogue, index

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
OUTCOMES = ("error.txt", "loaded.json")


def make(case: Path, root: Path) -> None:
    """Make the mistake of a case in the tree at `root`."""
    for file in case.rglob("*"):
        if file.is_file() and file.name not in (*OUTCOMES, "edits.yaml"):
            shutil.copy(file, root / file.relative_to(case))
    edits = yaml.safe_load((case / "edits.yaml").read_text("utf-8"))
    for edit in edits.get("replace", ()):
        text = (root / edit["file"]).read_text("utf-8")
        assert text.count(edit["old"]) == 1, f"{case.name}: {edit['old']!r} is not there once"
        (root / edit["file"]).write_text(text.replace(edit["old"], edit["new"]), "utf-8")
    for path, text in edits.get("write", {}).items():
        (root / path).write_text(text, "utf-8")
    for path in edits.get("delete", ()):
        (root / path).unlink()


def outcome(layout: Layout) -> dict[str, str]:
    """The one file that says what came of loading a tree."""
    try:
        models = catalogue.load(layout).models
    except ProblemsFound as found:
        return {"error.txt": f"{found}\n"}
    data = {name: model.model_dump(mode="json") for name, model in models.items()}
    return {"loaded.json": json.dumps(data, indent=2, ensure_ascii=False) + "\n"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, layout: Layout) -> None:
    make(case, layout.root)
    found = outcome(layout)
    if os.environ.get("REFRESH_CASES"):
        for name in OUTCOMES:
            (case / name).unlink(missing_ok=True)
        for name, text in found.items():
            (case / name).write_text(text, "utf-8")
    committed = {name: (case / name).read_text("utf-8") for name in OUTCOMES if (case / name).exists()}
    assert found == committed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_index_carries_the_same_problems(case: Path, layout: Layout) -> None:
    make(case, layout.root)
    problems = "".join(f"{problem}\n" for problem in index.read(layout).problems)
    assert sorted(problems.splitlines()) == sorted(outcome(layout).get("error.txt", "").splitlines())


def test_there_are_many_cases_and_each_says_what_it_is_about() -> None:
    assert len(CASES) >= 40
    for case in CASES:
        edits = yaml.safe_load((case / "edits.yaml").read_text("utf-8"))
        assert set(edits) <= {"about", "replace", "write", "delete"}
        assert edits["about"]
