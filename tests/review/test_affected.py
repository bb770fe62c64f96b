"""What CI validates of a pull request: all that it reaches, each type in one shard, and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import commands
from generator.naming import Layout
from generator.review.affected import Shard, affected
from tests.pipeline.checkout import Checkout

MODELS = ("bert", "gpt2", "vit")


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def committed(tmp_path_factory) -> Checkout:
    checkout = Checkout.copy(tmp_path_factory.mktemp("affected") / "copy", *MODELS)
    checkout.write(".gitignore", ".cache/\n")
    git(checkout.root, "init", "-q")
    git(checkout.root, "add", "-A")
    git(checkout.root, "commit", "-q", "-m", "before")
    return checkout


@pytest.fixture
def checkout(committed: Checkout):
    yield committed
    git(committed.root, "reset", "-q", "--hard")
    git(committed.root, "clean", "-q", "-d", "-f")


def found(checkout: Checkout) -> list[str]:
    return affected(Layout(checkout.root), "HEAD")


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("specs/overlays/bert.yaml", ["bert"]),  # says nothing, so the spec is broken now
        ("specs/models/gpt2.yaml", ["gpt2"]),
        ("generated/expectations/vit.yaml", ["vit"]),
        ("generated/skillsets/hf_vit.py", ["vit"]),
        ("templates/skillsets/tasks/fill_mask.py.j2", ["bert"]),
        ("templates/tests/_base.py.j2", list(MODELS)),
        ("skillset_runtime/handler.py", list(MODELS)),
        ("constraints-common.txt", list(MODELS)),
        ("notes.md", []),
    ],
)
def test_a_change_reaches_the_types_whose_steps_read_the_file(checkout, path, reached):
    file = checkout.root / path
    before = file.read_text() if file.exists() else ""
    checkout.write(path, f"{before}\nCHANGED = 1\n" if path.endswith(".py") else f"{before}\n# changed\n")
    assert found(checkout) == reached


def test_a_comment_in_code_and_no_change_reach_nothing(checkout):
    assert found(checkout) == []
    checkout.edit("skillset_runtime/handler.py", "import asyncio\n", "import asyncio  # for coroutines\n")
    assert found(checkout) == []


def test_a_type_whose_spec_is_gone_has_nothing_to_validate(checkout):
    checkout.forget("bert")
    assert "bert" not in found(checkout)


@given(st.sets(st.text(min_size=1)), st.integers(1, 9))
def test_the_shards_are_the_whole_and_share_nothing(names, count):
    whole = sorted(names)
    shards = [Shard(number, count).of(whole) for number in range(1, count + 1)]
    assert sorted(name for shard in shards for name in shard) == whole
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_the_command_prints_tasks_that_doit_takes(checkout, monkeypatch, capsys):
    monkeypatch.chdir(checkout.root)
    checkout.write("constraints.txt", "torch==9\n")
    assert commands.main(["affected"]) == 0
    assert capsys.readouterr().out.split() == [f"validate:{name}" for name in MODELS]
    assert commands.main(["affected", "--json", "--shard", "2/2"]) == 0
    assert json.loads(capsys.readouterr().out) == ["gpt2"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nosuch"], "git knows no such commit"),
        (["--shard", "3/2"], "is not like 2/4"),
        (["--shard", "two"], "is not like 2/4"),
        (["--output=x"], "No such option"),
    ],
)
def test_what_makes_no_sense_is_refused(checkout, monkeypatch, capsys, words, told):
    monkeypatch.chdir(checkout.root)
    assert commands.main(["affected", *words]) == 2
    assert told in capsys.readouterr().err


def test_outside_of_a_checkout_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert commands.main(["affected"]) == 2
    assert capsys.readouterr().err == "dodo.py: is not in this folder; run this in the folder of a checkout\n"
