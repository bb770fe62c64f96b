"""The small checkout, as committed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.review.small import Small


@pytest.fixture(scope="session")
def _small_once(tmp_path_factory: pytest.TempPathFactory) -> Small:
    from generator.publish import encode, publish
    from generator.review.planning import plan

    small = Small.create(tmp_path_factory.mktemp("small") / "checkout")
    files = {Path(path): encode(text) for path, text in plan(small.layout).items()}
    publish(files, small.layout)  # the pages that all types share, for these few
    return small


@pytest.fixture
def small(_small_once: Small, tmp_path: Path) -> Small:
    """All as it should be, with plans kept from an earlier run."""
    shutil.copytree(_small_once.root, tmp_path / "small")
    return Small(tmp_path / "small")
