"""The small package as an analyser, folders of pages, and the tasks and families of this checkout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from generator.sources.library import Library
from generator.sources.source import Transformers
from generator.specs.schema import Family, Task
from tests.sources.birds import FILES

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Transformers:
    """The analyser of the small package."""
    root = tmp_path_factory.mktemp("site-packages") / "transformers"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return Transformers(root)


@pytest.fixture
def library(tmp_path: Path) -> Callable[..., Library]:
    """Makes a folder of pages out of `name="text"`."""

    def make(**pages: str | bytes) -> Library:
        for name, text in pages.items():
            content = text if isinstance(text, bytes) else text.encode()
            (tmp_path / f"{name}.md").write_bytes(content)
        return Library(tmp_path)

    return make


@pytest.fixture(scope="session")
def tasks() -> dict[str, Task]:
    return {task.name: task for task in _load("tasks", Task)}


@pytest.fixture(scope="session")
def families() -> dict[str, Family]:
    return {family.name: family for family in _load("families", Family)}


def _load(folder: str, model: type) -> list:
    paths = sorted((CHECKOUT / "specs" / folder).glob("*.yaml"))
    return [model.model_validate(yaml.safe_load(path.read_text("utf-8"))) for path in paths]
