"""The parts under the graph: the journal, what is known of files, what modules and templates reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generator.graph.closure import code_digest, module_files, template_files
from generator.graph.facts import FileFacts
from generator.graph.journal import Journal, Record
from generator.graph.steps import DERIVE, DERIVE_ALL, MATRIX, STEPS, VACUITY
from generator.naming import Layout
from tests.graph.project import REPOSITORY


def record(number: int, task: str = "task") -> Record:
    return Record(f"{task}:{number}", {"specs": "a" * 24}, {f"generated/{number}": "b" * 24}, 1.5)


def test_a_journal_cut_anywhere_loses_only_its_last_record(tmp_path: Path):
    path = tmp_path / "state.jsonl"
    journal = Journal(path)
    for number in range(3):
        journal.put(record(number))
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rindex(b"\n") + 1
    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        torn = Journal(path)
        assert torn.records()[:2] == (record(0), record(1))
        torn.put(record(7))
        assert record(7) in Journal(path).records() and record(1) in Journal(path).records()


def test_a_journal_forgets_and_is_rewritten_when_most_of_it_is_stale(tmp_path: Path):
    journal = Journal(tmp_path / "state.jsonl")
    for number in range(2000):
        journal.put(record(number % 5))
    journal.forget("task:3")
    assert journal.records() == Journal(tmp_path / "state.jsonl").records()
    assert {r.task for r in journal.records()} == {"task:0", "task:1", "task:2", "task:4"}
    assert len((tmp_path / "state.jsonl").read_bytes().splitlines()) < 700


def facts_of(root: Path) -> FileFacts:
    return FileFacts(root, root / ".facts.json")


def test_a_change_that_leaves_the_stat_as_it_was_is_seen_while_the_file_is_young(tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("one")
    first = facts_of(tmp_path)
    before, stat = first.digest("file"), path.stat()
    first.save()
    path.write_text("two")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert facts_of(tmp_path).digest("file") != before


def test_what_is_known_of_a_file_is_not_read_again_and_is_pinned_for_the_run(tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("one")
    os.utime(path, (1, 1))
    first = facts_of(tmp_path)
    digest = first.digest("file")
    path.write_text("another")
    assert first.digest("file") == digest and first.moved(["file"]) == ["file"]
    first.forget(["file"])
    assert first.digest("file") != digest and first.moved(["file"]) == []


def test_a_comment_is_no_change_of_code_but_a_line_is(tmp_path: Path):
    path = tmp_path / "module.py"
    digests = []
    for text in ("x = 1\n", "# why\nx  =  1  # so\n", "x = 2\n", "x = (\n"):
        path.write_text(text)
        digests.append(code_digest(facts_of(tmp_path), "module.py"))
    assert digests[0] == digests[1] and len(set(digests)) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "import generator.b",
        "from generator import b",
        "from generator.b import thing",
        "from . import b",
        "from .b import thing",
        "def late():\n    from generator.b import thing",
        "plugin = 'generator.b'",
        "function = 'generator.b:thing'",
    ],
)
def test_every_way_to_import_is_found(tmp_path: Path, statement: str):
    folder = tmp_path / "generator"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "a.py").write_text(statement)
    (folder / "b.py").write_text("import generator.c")
    (folder / "c.py").write_text("import generator.a, os.path")
    (folder / "d.py").write_text("")
    found = module_files(facts_of(tmp_path), ["generator.a"])
    assert found == ("generator/__init__.py", "generator/a.py", "generator/b.py", "generator/c.py")


def test_every_module_of_the_toolchain_is_in_the_key_of_a_step(tmp_path: Path):
    """One that is loaded in a way that no reader sees would change outputs without a rebuild."""
    facts = FileFacts(REPOSITORY, tmp_path / "facts.json")
    steps = (*STEPS, DERIVE, DERIVE_ALL, MATRIX, VACUITY)
    keyed = {path for step in steps for path in module_files(facts, step.entry_modules)}
    there = {
        path.relative_to(REPOSITORY).as_posix()
        for package in ("generator", "skillset_runtime")
        for path in (REPOSITORY / package).rglob("*.py")
        if not path.relative_to(REPOSITORY).is_relative_to("generator/graph")
        and path.relative_to(REPOSITORY).parts[1] not in ("bundling", "commands", "review")  # on request
    }
    assert there - keyed <= {
        "generator/code_overlay/differences.py",  # for `adopt`, which writes an overlay
        "generator/code_overlay/edit.py",  # as the former
        "generator/execution/alone.py",  # runs one job by hand
        "generator/sanity/files.py",  # for files that people have
        "generator/pages.py",  # made whenever it is asked for
        "generator/specs/index.py",  # the graph's view of the specs
        "generator/specs/jsonschema.py",  # for editors
        "generator/targets.py",  # as the schemas
        "generator/tables.py",  # as the pages that it is for
        "generator/tasks.py",
        "generator/validation/warm.py",  # decides how soon a run ends, and nothing else
        "generator/validation/warm_exporters.py",  # decides how soon a run ends, and nothing else
        "generator/validation/junit.py",  # tells, and decides nothing
        "generator/validation/report.py",  # as the page
        "generator/validation/results.py",  # as the page
        "generator/vacuity/known.py",  # as the page
        "generator/vacuity/results.py",  # as the page
        *(
            f"skillset_runtime/{name}.py" for name in ("batching", "detection", "endpoints", "probes", "web")
        ),  # for hosts
    }


def test_the_templates_found_by_reading_are_those_that_jinja_reaches(tmp_path: Path):
    from generator.render import Renderer

    renderer, layout = Renderer(REPOSITORY / "templates"), Layout(REPOSITORY)
    facts = FileFacts(REPOSITORY, tmp_path / "facts.json")
    names = [p.relative_to(layout.templates).as_posix() for p in layout.templates.rglob("*.j2")]
    assert names
    for name in names:
        reached = {f"templates/{other}" for other in renderer.reached(name)}
        assert set(template_files(facts, "templates", [name])) == reached
