"""The same bytes whatever the hash seed, the path of the checkout, the locale or the time zone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from checkout import REPOSITORY, Checkout

PLAN = """
import hashlib, pathlib
from generator import formatting
from generator.naming import Layout
from generator.plan import Planner
from generator.specs import catalogue, index
from generator.validation import requirements

layout = Layout(pathlib.Path.cwd())
planner, files = Planner(layout), {}
served = {name for name, entry in index.read(layout).models.items() if entry.tasks}
for model_type, spec in reversed(catalogue.load(layout).models.items()):
    if model_type not in served:
        continue
    required = requirements.load(layout.requirements(model_type), layout.root).tasks
    for file in (planner.test(spec), planner.skillset(spec, required)):
        files[pathlib.Path(file.facts.path)] = file.text
for path, text in sorted(formatting.format_sources(files, layout.root / "pyproject.toml").items()):
    print(path.as_posix(), hashlib.sha256(text.encode()).hexdigest())
"""


def committed() -> dict[str, str]:
    import hashlib

    paths = [*REPOSITORY.glob("generated/skillsets/*.py"), *REPOSITORY.glob("generated/tests/*.py")]
    return {
        path.relative_to(REPOSITORY).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "4242", "LC_ALL": "C.UTF-8", "TZ": "Pacific/Kiritimati"},
    ],
)
def test_a_plan_made_elsewhere_is_what_is_committed(environment: dict[str, str], tmp_path: Path):
    checkout = Checkout.copy(tmp_path / "another path" / environment["PYTHONHASHSEED"])
    done = subprocess.run(
        [sys.executable, "-c", PLAN],
        cwd=checkout.root,
        env=checkout.environment(**environment),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert dict(line.split() for line in done.stdout.splitlines()) == committed()
