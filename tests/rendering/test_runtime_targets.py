"""What the runtime knows of hardware targets is what specs/hardware says."""

from __future__ import annotations

from pathlib import Path

from generator.naming import Layout
from generator.specs import catalogue
from skillset_runtime.targets import TARGETS

LAYOUT = Layout(Path(__file__).parents[2])


def test_every_fact_of_a_target_is_in_it():
    _, _, hardware = catalogue.load_vocabulary(LAYOUT)
    assert {name: vars(target) for name, target in TARGETS.items()} == {
        name: target.model_dump(mode="python") for name, target in hardware.items()
    }
