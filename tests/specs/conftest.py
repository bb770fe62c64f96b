"""A small valid spec tree to make mistakes in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.naming import Layout

HERE = Path(__file__).parent


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A copy of the valid tree; git keeps no empty folders, so the overlays' is made here."""
    root = tmp_path / "checkout"
    shutil.copytree(HERE / "base", root)
    (root / "specs" / "overlays").mkdir(exist_ok=True)
    return Layout(root)
