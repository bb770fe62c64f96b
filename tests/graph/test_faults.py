"""What goes wrong while doit runs costs what was in flight, and is told."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.graph.project import FAMILIES, STEPS, Project

KILLS = 12


def slow(project: Project, seconds: float) -> None:
    for family in FAMILIES:
        for model in FAMILIES[family]:
            project.append(f"specs/models/{model}.yaml", f"sleep: {seconds}\n")


def wait_for(project: Project, line: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while line not in project.executed():
        assert time.monotonic() < end, project.executed()
        time.sleep(0.01)


def processes_in(root: Path) -> list[str]:
    """Command lines of living processes that have to do with a folder."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                text = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
                alive = "State:\tZ" not in (folder / "status").read_text()
                if alive and os.fsencode(root) in text:
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
    return found


def assert_no_process_is_left(root: Path) -> None:
    end = time.monotonic() + 5
    while processes_in(root) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes_in(root) == []


def assert_no_half_file(project: Project) -> None:
    for path, content in project.tree().items():
        if path.endswith(".py"):
            assert content.endswith(b"# end\n"), path
    assert not list((project.root / "generated").rglob("*.publishing"))


def test_kill_9_loses_only_what_was_in_flight(project: Project, tmp_path: Path):
    undisturbed = Project.create(tmp_path / "undisturbed")
    for each in (project, undisturbed):
        slow(each, 0.03)
    assert undisturbed.doit("-n", "2").code == 0
    dice = random.Random(0)
    for _ in range(KILLS):
        run = project.start("-n", "2")
        time.sleep(dice.uniform(0.15, 0.9))
        run.kill()
        run.communicate()
    ran = project.doit("-n", "2")
    assert ran.code == 0, ran
    assert project.doit().executed == ()
    assert project.tree() == undisturbed.tree()
    assert_no_half_file(project)
    assert_no_process_is_left(project.root)
    times = [project.executed().count(f"{s}:{m}") for s in STEPS for f in FAMILIES.values() for m in f]
    assert sum(times) <= len(times) + 2 * KILLS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_signal_ends_the_run_cleanly(project: Project, number: int, workers: tuple[str, ...]):
    slow(project, 0.2)
    run = project.start(*workers)
    wait_for(project, "reference:alpha")
    run.send_signal(number)
    out, _ = run.communicate(timeout=10)
    assert run.returncode == 130, out
    assert "interrupted" in out and "Traceback" not in out
    assert_no_process_is_left(project.root)
    done = set(project.executed())
    rest = project.doit("-n", "2")
    assert rest.code == 0, rest
    assert len(done & set(rest.executed)) <= 2, rest
    assert_no_half_file(project)


def test_two_runs_at_once_both_finish_and_share_the_work(project: Project):
    slow(project, 0.1)
    runs = [project.start("-n", "2") for _ in range(2)]
    outs = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outs
    assert sum("waiting for it to finish" in out for out in outs) == 1, outs
    assert sorted(project.executed()) == sorted(
        f"{step}:{model}" for step in STEPS for models in FAMILIES.values() for model in models
    )


def test_a_hand_edit_is_reported_kept_and_replaced(built: Project):
    path = "generated/skillsets/hf_alpha.py"
    before = built.tree()
    built.append(path, "# mine\n")
    mine = (built.root / path).read_text()
    ran = built.doit()
    assert ran.executed == ("generate:alpha",), ran
    assert f"{path} was changed by hand" in ran.out
    assert built.tree() == before
    assert (built.root / ".cache/hand-edits" / path).read_text() == mine
    built.append(path, "# mine too\n")
    built.doit()
    assert (built.root / ".cache/hand-edits" / path).read_text() == mine
    assert (built.root / ".cache/hand-edits" / f"{path}.2").read_text().endswith("# mine too\n")


def test_a_hand_edit_that_comes_out_the_same_leaves_no_copy(built: Project):
    built.append("specs/models/alpha.yaml", "new: fact\n")
    built.doit()
    newer = built.tree()
    spec = built.root / "specs/models/alpha.yaml"
    spec.write_text(spec.read_text().replace("new: fact\n", ""))
    built.doit()
    for path, content in newer.items():  # as a checkout of another branch does
        (built.root / path).write_bytes(content)
    built.append("specs/models/alpha.yaml", "new: fact\n")
    ran = built.doit()
    assert built.tree() == newer
    assert [p for p in (built.root / ".cache/hand-edits").rglob("*") if p.is_file()] == [], ran


def test_a_hand_edit_made_while_the_run_was_elsewhere_is_kept_too(built: Project):
    built.append("specs/models/alpha.yaml", "sleep: 0.4\n")
    run = built.start("alpha")
    wait_for(built, "reference:alpha")
    before = built.executed().count("reference:alpha")
    while built.executed().count("reference:alpha") == before:
        time.sleep(0.01)
    built.append("generated/skillsets/hf_alpha.py", "# mine\n")
    out, _ = run.communicate(timeout=20)
    assert "generated/skillsets/hf_alpha.py was changed by hand" in out
    kept = built.root / ".cache/hand-edits/generated/skillsets/hf_alpha.py"
    assert kept.read_text().endswith("# mine\n")


def test_what_the_toolchain_wrote_elsewhere_is_no_hand_edit(built: Project):
    """In a fresh clone, or after a checkout of a branch: the manifest has come with the files."""
    path, kept = "generated/skillsets/hf_alpha.py", built.root / ".cache/hand-edits"
    shutil.rmtree(built.root / ".cache")
    built.append("templates/skillsets/text.py.j2", "# more\n")
    assert "kept as" not in built.doit("generate:alpha").out
    assert not [file for file in kept.rglob("*") if file.is_file()]
    shutil.rmtree(built.root / ".cache")
    built.append(path, "# mine\n")
    assert f"{path} was changed by hand" in built.doit("generate:alpha").out


def test_a_file_that_nobody_signed_for_is_kept(built: Project):
    path = "generated/skillsets/hf_alpha.py"
    (built.root / "generated/SHA256SUMS").unlink()
    built.append(path, "# whose?\n")
    ran = built.doit("generate:alpha")
    assert "by hand" not in ran.out and f"{path} was replaced; your version is kept as" in ran.out
    assert (built.root / ".cache/hand-edits" / path).read_text().endswith("# whose?\n")


def test_an_input_edited_while_its_task_runs_is_not_taken_as_built(project: Project):
    project.append("specs/models/alpha.yaml", "sleep: 0.5\n")
    run = project.start("tests:alpha")
    wait_for(project, "tests:alpha")
    time.sleep(0.1)
    project.append("specs/models/alpha.yaml", "late: fact\n")
    out, _ = run.communicate(timeout=20)
    assert "specs/models/alpha.yaml changed during this run" in out
    assert b"late: fact" not in project.tree()["generated/tests/test_hf_alpha.py"]
    assert project.doit("tests:alpha").executed == ("tests:alpha",)
    assert b"late: fact" in project.tree()["generated/tests/test_hf_alpha.py"]
    assert project.doit("tests:alpha").executed == ()


def test_a_skillset_edited_while_it_is_validated_is_validated_again(project: Project):
    project.append("specs/models/alpha.yaml", "sleep: 0.5\n")
    run = project.start("alpha")
    wait_for(project, "validate:alpha")
    time.sleep(0.1)
    project.append("generated/skillsets/hf_alpha.py", "# mine\n")
    run.communicate(timeout=20)
    ran = project.doit("alpha")
    assert ran.executed == ("generate:alpha", "validate:alpha"), ran
    assert project.doit("alpha").executed == ()


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_torn_line_in_the_state_costs_one_task(built: Project, cut: int):
    state = built.root / ".cache/state.jsonl"
    state.write_bytes(state.read_bytes()[:-cut])
    ran = built.doit()
    assert len(ran.executed) == (0 if cut == 1 else 1), ran
    assert built.doit().executed == ()


def test_garbage_in_the_state_is_no_traceback(built: Project):
    state = built.root / ".cache/state.jsonl"
    state.write_bytes(b'\xff\x00{"task": 1}\n[]\nnull\n{"task":"tests:alpha","key":{},"targets":3}\n')
    (built.root / ".cache/facts.json").write_bytes(b'{"a": [')
    ran = built.doit("-n", "2")
    assert ran.code == 0 and "Traceback" not in ran.err, ran
    assert len(ran.executed) == 20
    assert built.doit().executed == ()


def test_a_failing_model_stops_no_other(project: Project):
    project.append("specs/models/alpha.yaml", "fail: tests\n")
    project.append("specs/models/beta.yaml", "child: crash\n")
    project.append("specs/models/delta.yaml", "bug: skillsets\n")
    project.append("specs/models/epsilon.yaml", "fail: validate\n")
    for words in ((), ("-n", "2")):
        ran = project.doit(*words)
        assert ran.code != 0
        assert "Traceback" not in ran.out + ran.err, ran
        for task in ("tests:alpha", "reference:beta", "generate:delta", "validate:epsilon"):
            assert f"failed: {task}" in ran.out and f"doit {task}" in ran.out, ran
        assert "specs/models/alpha.yaml:2: told to fail" in ran.out
        assert "SIGSEGV" in ran.out
        assert "KeyError: 'a bug'" in ran.out
    assert "validate:gamma" in project.executed()
    log = project.root / ".cache/logs/generate-delta.log"
    assert "Traceback" in log.read_text()


def test_a_bad_spec_is_reported_and_the_others_are_made(project: Project):
    project.write("specs/models/bad.yaml", "no: family\n")
    ran = project.doit()
    assert ran.code != 0 and "Traceback" not in ran.out + ran.err
    assert "specs/models/bad.yaml:1: no family" in ran.out + ran.err
    assert "5 of 5 models passed" in ran.out
    listed = project.doit("list")
    assert listed.code == 0 and "Traceback" not in listed.err, listed
    assert project.doit("alpha").code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes to read-only folders")
def test_a_read_only_tree_is_a_message(project: Project):
    generated = project.root / "generated"
    generated.mkdir(exist_ok=True)
    generated.chmod(0o555)
    try:
        ran = project.doit()
    finally:
        generated.chmod(0o755)
    assert ran.code != 0 and "Traceback" not in ran.out + ran.err
    assert "cannot be written" in ran.out
    assert project.doit().code == 0


def test_a_file_in_the_way_is_a_message(project: Project):
    """As a read-only tree, but also for root: `generated/tests` cannot be made."""
    project.write("generated", "in the way\n")
    ran = project.doit()
    assert ran.code != 0 and "Traceback" not in ran.out + ran.err, ran
    (project.root / "generated").unlink()
    assert project.doit().code == 0


def test_a_cache_that_cannot_be_written_is_a_message(project: Project):
    project.write(".cache", "in the way\n")
    ran = project.doit()
    assert ran.code != 0 and "Traceback" not in ran.out + ran.err, ran
    assert ".cache" in ran.err
    (project.root / ".cache").unlink()
    assert project.doit().code == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 180 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=180k", "tmpfs", folder], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_a_message_and_nothing_good_is_lost(small_disk: Path):
    project = Project.create(small_disk / "checkout")
    ran = project.doit("-n", "2")
    assert ran.code != 0 and "Traceback" not in ran.out + ran.err, ran
    assert "No space left on device" in ran.out + ran.err
    assert_no_half_file(project)
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    rest = project.doit("-n", "2")
    assert rest.code == 0 and len(rest.executed) < 20, rest
    assert project.doit().executed == ()


def test_an_unknown_task_gets_a_suggestion(built: Project):
    for word, near in (("generat:alpha", "generate:alpha"), ("alpa", "alpha"), ("genrate:a*", "")):
        ran = built.doit(word)
        assert ran.code != 0 and "Traceback" not in ran.err
        assert f'unknown task "{word}"' in ran.err and near in ran.err, ran


def test_list_shows_the_top_tasks(built: Project):
    ran = built.doit("list")
    names = [line.split()[0] for line in ran.out.splitlines()]
    assert {"tests", "reference", "generate", "validate", "specs"} <= set(names), ran
    assert len(names) < 12
    assert "generate:alpha" in built.doit("list", "--all").out


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_of_the_list_may_stop_reading(built: Project, unbuffered: str):
    piped = f"'{sys.executable}' -m doit list --all | true"
    known = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(["bash", "-c", piped], cwd=built.root, env=known, capture_output=True, text=True)
    assert done.stderr == ""


def test_forgotten_tasks_run_again(built: Project):
    assert built.doit("forget", "validate:alpha").code == 0
    assert built.doit().executed == ("validate:alpha",)


def test_what_is_up_to_date_is_found_so_without_heavy_imports(built: Project):
    heavy = ["torch", "transformers", "libcst", "pydantic", "jinja2", "yaml"]
    code = (
        "import sys; from doit.doit_cmd import DoitMain; code = DoitMain().run(sys.argv[1:]); "
        f"sys.exit(code or ','.join(m for m in {heavy} if m in sys.modules) or None)"
    )
    for words in ([], ["list"]):
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        subprocess.run([sys.executable, "-c", code, *words], cwd=built.root, env=env, check=True)
