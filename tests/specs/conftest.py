"""A small valid spec tree to make mistakes in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.naming import Layout

HERE = Path(__file__).parent


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A copy of the valid tree; git keeps no empty folders, so some are made here."""
    root = tmp_path / "checkout"
    shutil.copytree(HERE / "base", root)
    for folder in ("aliases", "overlays"):
        (root / "specs" / folder).mkdir(exist_ok=True)
    return Layout(root)
