"""`docs/add-a-model.md`, followed word for word for a model type that the checkout does not have."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from checkout import REPOSITORY, Checkout

GUIDE = (REPOSITORY / "docs" / "add-a-model.md").read_text("utf-8")
STEPS = re.findall(r"^## \d+\. .*$", GUIDE, re.MULTILINE)
COMMANDS = [line for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
            for line in block.splitlines()]  # fmt: skip
NEW = "distilbert"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.copy(tmp_path / "copy", "bert")


def test_the_guide_has_at_most_four_steps():
    assert 1 <= len(STEPS) <= 4
    assert COMMANDS == ["doit specs:<model_type>", "doit <model_type>", "git add specs generated"]


def test_a_type_is_added_by_following_the_guide(checkout: Checkout):
    assert not checkout.knows(NEW)
    for command in COMMANDS:
        program, *words = shlex.split(command.replace("<model_type>", NEW))
        if program == "doit":
            ran = checkout.doit(*words, SKILLSET_DOCS="")
            assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"

    spec = yaml.safe_load((checkout.root / f"specs/models/{NEW}.yaml").read_text("utf-8"))
    assert spec["config_class"] == "DistilBertConfig"
    verdict = json.loads((checkout.root / f".cache/verdicts/{NEW}.json").read_text("utf-8"))
    assert verdict["status"] == "passed"
    assert set(verdict["outcomes"].values()) == {"passed"}
    assert verdict["compared"] >= 5 * len(spec["tasks"])  # what the skillset answered, held against the model
    for folder, name in {"skillsets": f"hf_{NEW}.py", "tests": f"test_hf_{NEW}.py"}.items():
        assert (checkout.root / "generated" / folder / name).is_file()

    again = checkout.doit(NEW)
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
