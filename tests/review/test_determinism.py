"""The same bytes whatever the hash seed, locale, time zone, path, order of files or number of workers.

Over one or two types of each family; over all, which takes minutes, with DETERMINISM=all in the environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator.graph.models import from_index
from generator.naming import Layout
from tests.representatives import REPRESENTATIVES
from tests.review import plan_elsewhere
from tests.review.small import REPOSITORY, Small

PROGRAM = Path(__file__).with_name("plan_elsewhere.py")
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
"""Whatever is read or written without naming its encoding fails or differs under it."""


def digests(root: Path, workers: int, seed: int, **environment: str) -> dict[str, str]:
    types = (
        REPRESENTATIVES
        if os.environ.get("DETERMINISM") != "all"
        else tuple(from_index(Layout(REPOSITORY)).by_name)
    )
    small = Small.create(root, types)
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(workers), str(seed)],
        cwd=small.root,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return dict(line.split() for line in done.stdout.splitlines())


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return digests(tmp_path_factory.mktemp("here") / "checkout", 1, 0, PYTHONHASHSEED="0", TZ="UTC")


@pytest.mark.parametrize(
    ("workers", "environment"),
    [
        (4, {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"}),
        (1, {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", **ASCII}),
        (4, {"PYTHONHASHSEED": "77", "LANG": "tr_TR.UTF-8", "COLUMNS": "40", "NO_COLOR": "1"}),
    ],
)
def test_the_plan_is_the_same(
    here: dict[str, str], workers: int, environment: dict[str, str], tmp_path: Path
):
    elsewhere = tmp_path / "another path" / "checkout"
    found = digests(elsewhere, workers, int(environment["PYTHONHASHSEED"]), **environment)
    assert found == here
    assert len(found) >= 3 * len(REPRESENTATIVES)


def test_the_order_of_files_is_another_one_there(monkeypatch: pytest.MonkeyPatch):
    for name in ("scandir", "listdir"):
        monkeypatch.setattr(os, name, getattr(os, name))  # to have it back after the test
    folder = REPOSITORY / "specs" / "families"
    before = [[path.name for path in found] for found in (folder.iterdir(), folder.glob("*"))]
    plan_elsewhere.shuffle_folders(7)
    after = [[path.name for path in found] for found in (folder.iterdir(), folder.glob("*"))]
    assert all(
        one != other and sorted(one) == sorted(other) for one, other in zip(before, after, strict=True)
    )
