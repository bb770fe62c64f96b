"""The schemas for editors agree with what the loader accepts, and the committed ones are fresh."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from generator.specs.jsonschema import schemas
from generator.specs.yaml_source import read

ROOT = Path(__file__).parents[2]
KINDS = {
    "aliases": "aliases",
    "families": "family",
    "hardware": "hardware",
    "models": "model",
    "overlays": "overlay",
    "precisions": "precision",
    "tasks": "task",
}


def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schemas()[f"{kind}.schema.json"]))


def overlay(**facts: Any) -> dict[str, Any]:
    return {"entries": [{"reason": "long enough a reason", "set": facts}]}


def test_the_committed_schemas_are_those_of_the_models() -> None:
    folder = ROOT / "specs" / "schemas"
    committed = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    assert committed == schemas(), "run: doit schemas"


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_schema_is_valid(kind: str) -> None:
    Draft202012Validator.check_schema(validator(kind).schema)


@pytest.mark.parametrize("folder", KINDS)
def test_an_editor_accepts_every_spec_of_this_repository(folder: str) -> None:
    check = validator(KINDS[folder])
    for file in (ROOT / "specs" / folder).glob("*.yaml"):
        assert not list(check.iter_errors(read(file, ROOT).data)), file


def test_an_editor_sees_a_misspelt_key() -> None:
    base = yaml.safe_load((ROOT / "tests/specs/base/specs/hardware/cpu.yaml").read_text())
    assert validator("hardware").is_valid(base)
    assert not validator("hardware").is_valid({**base, "titel": "x"})


def test_an_editor_completes_the_facts_that_an_overlay_sets() -> None:
    check = validator("overlay")
    assert check.is_valid(overlay(title="x", tasks={"fill-mask": {"checkpoint": "y"}}))
    assert check.is_valid(overlay(paper=None, tiny={"config": {"any": [1, None]}}))
    assert not check.is_valid(overlay(titel="x"))
    assert not check.is_valid(overlay(tasks={"fill-mask": {"chekpoint": "y"}}))
    assert not check.is_valid(overlay())
