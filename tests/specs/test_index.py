"""The index: as true as parsing everything, at the cost of a few stats."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.errors import Problem
from generator.naming import Layout
from generator.specs import index, yaml_source

ROOT = Path(__file__).parents[2]
BASE = Path(__file__).parent / "base"
READ = """
import sys
from pathlib import Path
from generator.naming import Layout
from generator.specs import index
found = index.read(Layout(Path(sys.argv[1])))
print(*sorted(sys.modules.keys() & {"yaml", "pydantic", "jinja2", "torch"}), len(found.models))
"""


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def add_model(layout: Layout, name: str) -> None:
    text = (BASE / "specs/models/bert.yaml").read_text("utf-8")
    layout.model_spec(name).write_text(re.sub("model_type: .*", f"model_type: {name}", text), "utf-8")


def overlay(layout: Layout, text: str) -> None:
    entries = f"entries:\n  - reason: long enough a reason\n    set: {{{text}}}\n"
    layout.overlay("bert").write_text(entries, "utf-8")


def settle() -> None:
    """Let the files grow old enough for their stamps to be trusted."""
    time.sleep(0.08)


def afresh(layout: Layout) -> index.Index:
    """The index as it is built where there is none."""
    (layout.cache / "specs.index.json").unlink(missing_ok=True)
    return index.read(layout)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are really parsed, as they are."""
    seen: list[str] = []
    parse = yaml_source.parse

    def watched(content: bytes, path: str) -> yaml_source.Document:
        seen.append(path)
        return parse(content, path)

    monkeypatch.setattr(yaml_source, "parse", watched)
    return seen


def test_what_it_says_of_a_model(layout: Layout) -> None:
    overlay(layout, "title: Bert")
    found = index.read(layout)
    assert found.problems == () and not found.broken
    assert found.models == {
        "bert": index.ModelEntry(
            model_type="bert",
            family="text_embedding",
            default_task="fill-mask",
            tasks={"fill-mask": "fill_mask"},
            withheld={},
            files=(
                "specs/families/text_embedding.yaml",
                "specs/hardware/cpu.yaml",
                "specs/models/bert.yaml",
                "specs/overlays/bert.yaml",
                "specs/tasks/fill-mask.yaml",
            ),
        )
    }


def test_a_warm_read_parses_and_imports_nothing(layout: Layout) -> None:
    settle()
    runs = [
        subprocess.run(
            [sys.executable, "-c", READ, layout.root],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert runs == [["pydantic", "yaml", "1"], ["1"]]


EDITS: dict[str, Callable[[Layout], object]] = {
    "spec": lambda at: edit(at.model_spec("bert"), "default_task: fill-mask", "default_task: x"),
    "same size": lambda at: edit(at.model_spec("bert"), "template: fill_mask", "template: fill_mess"),
    "overlay": lambda at: overlay(at, "unsupported: null, provenance: null"),
    "task": lambda at: edit(at.task("fill-mask"), "title: ", "titel: "),
    "family": lambda at: edit(at.family("text_embedding"), "rank: 60", "rank: many"),
    "hardware": lambda at: at.hardware("cpu").unlink(),
    "template": lambda at: (at.templates / "tests" / "text_embedding.py.j2").unlink(),
    "added": lambda at: add_model(at, "bert-two"),
    "removed": lambda at: at.model_spec("bert").unlink(),
    "colliding": lambda at: add_model(at, "Bert"),
    "stray": lambda at: (at.specs / "models" / "x.yml").touch(),
}


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_is_seen(layout: Layout, name: str) -> None:
    settle()
    before = index.read(layout)
    EDITS[name](layout)
    after = index.read(layout)
    assert after != before
    assert after == afresh(layout)


def test_an_edit_that_keeps_size_and_time_is_seen(layout: Layout) -> None:
    file = layout.model_spec("bert")
    settle()
    index.read(layout)
    stat = file.stat()
    edit(file, "cpu: an", "cPU: an")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert "bert" in index.read(layout).broken


def test_an_edit_right_after_a_read_is_seen(layout: Layout) -> None:
    file = layout.model_spec("bert")
    for old, new in [("cpu", "cPU"), ("cPU", "cpu")] * 5:
        edit(file, f"{old}: an", f"{new}: an")
        assert ("bert" in index.read(layout).broken) == (new == "cPU")


def test_the_stamp_of_a_file_written_just_now_is_not_trusted() -> None:
    now, old = time.time_ns(), time.time_ns() - 10**9
    stamps = {"new": [old, now, 1], "old": [now, old, 1], "template": []}
    assert index._settled(stamps) == {"new": None, "old": [now, old, 1], "template": []}


def test_only_what_changed_is_parsed_again(layout: Layout, parsed: list[str]) -> None:
    for number in range(20):
        add_model(layout, f"m{number}")
    settle()
    index.read(layout)
    edit(layout.model_spec("m7"), "title: BERT", "title: Seven")
    parsed.clear()
    index.read(layout)
    assert [path for path in parsed if path.startswith("specs/models/")] == ["specs/models/m7.yaml"]
    settle()
    index.read(layout)
    parsed.clear()
    index.read(layout)
    assert parsed == []


def test_a_broken_spec_costs_one_model(layout: Layout) -> None:
    add_model(layout, "gpt2")
    edit(layout.model_spec("bert"), "title", "titel")
    found = index.read(layout)
    problem = Problem("specs/models/bert.yaml", 3, 'unknown key "titel"', 'did you mean "title"?')
    assert list(found.models) == ["gpt2"]
    assert found.broken == {"bert": (problem,)}
    assert found.problems == (problem,)


def test_a_broken_task_is_why_its_models_are_broken(layout: Layout) -> None:
    edit(layout.task("fill-mask"), "title", "titel")
    found = index.read(layout)
    assert [problem.path for problem in found.broken["bert"]] == ["specs/tasks/fill-mask.yaml"]


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"null", b"{}", b"[1, 2]", b"\n{}", b"x\n" * 9])
def test_a_foreign_index_is_made_anew(layout: Layout, content: bytes) -> None:
    expected = index.read(layout)
    (layout.cache / "specs.index.json").write_bytes(content)
    assert index.read(layout) == expected


def test_a_damaged_index_is_made_anew(layout: Layout) -> None:
    settle()
    expected = index.read(layout)
    file = layout.cache / "specs.index.json"
    content = file.read_bytes()
    for position in range(0, len(content), 97):
        flipped = bytes([content[position] ^ 1])
        for damaged in (content[:position], content[:position] + flipped + content[position + 1 :]):
            file.write_bytes(damaged)
            assert index.read(layout) == expected
    assert [path.name for path in layout.cache.iterdir()] == [file.name]


def test_without_a_cache_it_is_only_slower(layout: Layout) -> None:
    layout.cache.write_text("a file where the folder belongs")
    assert list(index.read(layout).models) == ["bert"]


def test_many_readers_at_once(layout: Layout) -> None:
    command = [sys.executable, "-c", READ, str(layout.root)]

    def run(_: int) -> list[str]:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    with ThreadPoolExecutor(4) as pool:
        assert {found[-1] for found in pool.map(run, range(8))} == {"1"}
    assert index.read(layout) == afresh(layout)


def break_bert(layout: Layout) -> None:
    layout.model_spec("bert").write_text("title: [", "utf-8")


def mend_bert(layout: Layout) -> None:
    add_model(layout, "bert")


def mend_task(layout: Layout) -> None:
    layout.task("fill-mask").write_bytes((BASE / "specs/tasks/fill-mask.yaml").read_bytes())


STEPS: dict[str, Callable[[Layout], object]] = {
    "add": lambda at: add_model(at, "other"),
    "collide": lambda at: add_model(at, "BERT"),
    "remove": lambda at: at.model_spec("other").unlink(missing_ok=True),
    "break": break_bert,
    "mend": mend_bert,
    "overlay": lambda at: overlay(at, "title: Bert"),
    "bad overlay": lambda at: overlay(at, "titel: Bert"),
    "no overlay": lambda at: at.overlay("bert").unlink(missing_ok=True),
    "break task": lambda at: at.task("fill-mask").write_text("name: fill-mask\n"),
    "mend task": mend_task,
    "wait": lambda at: settle(),
    "read": index.read,
}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_it_is_as_true_as_parsing_everything(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder) / "checkout")
        shutil.copytree(BASE, layout.root)
        (layout.specs / "overlays").mkdir(exist_ok=True)
        for step in steps:
            STEPS[step](layout)
            index.read(layout)
        assert index.read(layout) == afresh(layout)


def test_at_the_size_of_transformers_a_warm_read_is_a_tenth_of_parsing(layout: Layout) -> None:
    for number in range(536):
        add_model(layout, f"m{number}")
    settle()
    assert len(index.read(layout).models) == 537
    warm = min(timed(lambda: index.read(layout)) for _ in range(5))
    files = sorted((layout.specs / "models").iterdir())
    parsing = timed(lambda: [yaml_source.read(file, layout.root) for file in files])
    assert warm < 0.1 * parsing


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_the_file_is_json_after_its_digest(layout: Layout) -> None:
    index.read(layout)
    _, body = (layout.cache / "specs.index.json").read_text().split("\n", 1)
    assert list(json.loads(body)["models"]) == ["bert"]
