"""The CI files that users copy: valid by the public schemas and a linter; their shards are all of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from generator import commands

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github" / "workflows" / "generated-code.yml"
GITLAB = ROOT / ".gitlab-ci.yml"


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A program of this environment, whether it is activated or not."""
    command = [str(Path(sys.executable).parent / program), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        (GITHUB, ("vendor.github-workflows",)),
        (GITHUB, ("custom.github-workflows-require-timeout",)),
        (GITLAB, ("vendor.gitlab-ci", "--data-transform", "gitlab-ci")),
    ],
)
def test_a_ci_file_fits_its_schema(file, schema):
    done = run("check-jsonschema", "--builtin-schema", *schema, str(file))
    assert done.returncode == 0, done.stdout


def test_the_linter_of_workflows_finds_nothing():
    done = run("zizmor", "--offline", "--no-progress", str(GITHUB))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pre_commit_hook_is_one():
    done = run("pre-commit", "validate-config", ".pre-commit-config.yaml")
    assert done.returncode == 0, done.stdout


def test_there_is_a_job_for_each_shard():
    job = yaml.safe_load(GITHUB.read_text())["jobs"]["validate"]
    shards = job["strategy"]["matrix"]["shard"]
    (count,) = re.findall(r'--shard "\$SHARD/(\d+)"', GITHUB.read_text())
    assert shards == [*range(1, int(count) + 1)]


def test_every_command_that_ci_runs_is_there():
    text = "".join(file.read_text() for file in (GITHUB, GITLAB, ROOT / ".pre-commit-config.yaml"))
    used = set(re.findall(r"\bskillsets (\w+)", text))
    assert used == {"affected", "check", "impact"} and used <= set(commands.names())
