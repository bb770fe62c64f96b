"""The quick project, fresh or built."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.graph.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "checkout")


@pytest.fixture(scope="session")
def _built_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.create(tmp_path_factory.mktemp("built") / "checkout")
    ran = project.doit()
    assert ran.code == 0, ran
    return project


@pytest.fixture
def built(_built_once: Project, tmp_path: Path) -> Project:
    """A project in which everything was just done."""
    shutil.copytree(_built_once.root, tmp_path / "checkout")
    return Project(tmp_path / "checkout")
