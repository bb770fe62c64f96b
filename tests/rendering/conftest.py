"""A little project of its own for each test: settings, the real runtime, nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.naming import Layout

PROJECT = Path(__file__).parents[2]
SETTINGS = """
[tool.ruff]
line-length = 100
extend-exclude = ["generated"]

[tool.ruff.lint]
select = ["E", "F", "I", "B", "UP", "SIM"]
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "pyproject.toml").write_text(SETTINGS)
    (root / "skillset_runtime").symlink_to(PROJECT / "skillset_runtime")
    return Layout(root)


@pytest.fixture
def settings(layout: Layout) -> Path:
    return layout.root / "pyproject.toml"
