"""`sanity` on files as they lie on disk: what it writes, what it leaves alone, what it says, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator import commands
from generator.sanity import files

BROKEN = "def f(x)\n    return x\n"
MENDED = "def f(x):\n    return x\n"
HOPELESS = "x = = = 1\n"


def run(*words: object) -> int:
    return commands.main(["sanity", *map(str, words)])


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.py"
    path.write_text(BROKEN)
    return path


def test_a_file_is_repaired_and_each_change_is_told(broken, capsys):
    assert run(broken) == 0
    assert broken.read_text() == MENDED
    assert capsys.readouterr().out == f"{broken}:1: the line ends without a colon\n"


def test_a_second_run_has_nothing_to_do(broken, capsys):
    run(broken)
    before = broken.stat()
    capsys.readouterr()
    assert run(broken) == 0
    assert capsys.readouterr().out == ""
    assert broken.stat().st_mtime_ns == before.st_mtime_ns
    assert run("-v", broken) == 0
    assert capsys.readouterr().out == f"{broken}: nothing to repair\n"


def test_a_preview_writes_nothing_and_says_that_something_would_change(broken, capsys):
    assert run("-d", broken) == 1
    assert broken.read_text() == BROKEN
    out = capsys.readouterr().out
    assert "-def f(x)\n+def f(x):\n" in out
    assert "the line ends without a colon" in out


def test_a_preview_is_a_patch(broken, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("-d", "broken.py")
    patch = capsys.readouterr().out
    subprocess.run(["git", "apply", "-p1", "-"], input=patch, text=True, check=True, cwd=tmp_path)
    assert broken.read_text() == MENDED


def test_what_cannot_be_repaired_is_untouched_and_named(tmp_path, capsys):
    path = tmp_path / "hopeless.py"
    path.write_text(HOPELESS)
    assert run(path) == 2
    assert path.read_text() == HOPELESS
    expected = f"{path}:1: invalid syntax; not repaired: the line is as it was\n"
    assert capsys.readouterr().err == expected


def test_what_parses_and_does_not_compile_is_named(tmp_path, capsys):
    path = tmp_path / "a.py"
    path.write_text("x = 1\nreturn x\n")
    assert run(path) == 2
    assert f"{path}:2: 'return' outside function" in capsys.readouterr().err


def test_all_problems_are_told_at_once(tmp_path, capsys):
    (tmp_path / "a.py").write_text(HOPELESS)
    (tmp_path / "b.py").write_bytes(b"x = 1\ny = '\xff'\n")
    (tmp_path / "c.py").write_text(BROKEN)
    assert run(tmp_path, tmp_path / "none.py") == 2
    err = capsys.readouterr().err
    assert "none.py: does not exist" in err
    assert "a.py:1: invalid syntax" in err
    assert "b.py:2: is not utf-8; save it as UTF-8" in err
    assert (tmp_path / "c.py").read_text() == MENDED


def test_json_tells_a_script_what_was_done(tmp_path, capsys):
    (tmp_path / "a.py").write_text(BROKEN)
    (tmp_path / "b.py").write_text(BROKEN + HOPELESS)
    (tmp_path / "c.py").write_text(MENDED)
    assert run("--json", tmp_path) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"repaired": 1, "repaired in part": 1, "clean": 1}
    change = {"line": 1, "why": "the line ends without a colon"}
    assert [entry["changes"] for entry in told["files"]] == [[change], [change]]
    assert [(one["line"], one["message"]) for one in told["problems"]] == [(3, "invalid syntax")]


def test_a_folder_is_gone_into_only_if_asked(tmp_path, broken):
    below = tmp_path / "below"
    below.mkdir()
    (below / "a.py").write_text(BROKEN)
    (below / ".hidden").mkdir()
    (below / ".hidden" / "a.py").write_text(BROKEN)
    (tmp_path / "notes.txt").write_text(BROKEN)
    assert run(tmp_path) == 0
    assert (broken.read_text(), (below / "a.py").read_text()) == (MENDED, BROKEN)
    assert run("-r", tmp_path) == 0
    assert (below / "a.py").read_text() == MENDED
    assert (below / ".hidden" / "a.py").read_text() == BROKEN
    assert (tmp_path / "notes.txt").read_text() == BROKEN


def test_mode_byte_order_mark_and_line_ends_stay(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"\xef\xbb\xbf" + BROKEN.replace("\n", "\r\n").encode())
    path.chmod(0o750)
    assert run(path) == 0
    assert path.read_bytes() == b"\xef\xbb\xbf" + MENDED.replace("\n", "\r\n").encode()
    assert path.stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_an_import_has_the_files_line_end(tmp_path, ends):
    path = tmp_path / "a.py"
    path.write_bytes(f"x = 1{ends}print(os.sep){ends}".encode())
    assert run(path) == 0
    assert path.read_bytes() == f"import os{ends}{ends}x = 1{ends}print(os.sep){ends}".encode()


def test_a_file_in_its_own_encoding_stays_in_it(tmp_path):
    path = tmp_path / "a.py"
    before = f"# -*- coding: latin-1 -*-\nx = 'é'\n{BROKEN}"
    path.write_bytes(before.encode("latin-1"))
    assert run(path) == 0
    assert path.read_bytes() == before.replace(BROKEN, MENDED).encode("latin-1")


def test_a_file_without_a_last_line_end_stays_so(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("if x: y = [1")
    assert run(path) == 0
    assert path.read_text() == "if x: y = [1]"


def test_an_empty_file_and_an_empty_folder_are_clean(tmp_path):
    (tmp_path / "a.py").write_text("")
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "a.py", tmp_path / "empty") == 0


def test_a_link_is_written_through(tmp_path, broken):
    link = tmp_path / "link.py"
    link.symlink_to(broken)
    assert run(link) == 0
    assert link.is_symlink()
    assert broken.read_text() == MENDED


def test_odd_names_are_names(tmp_path):
    path = tmp_path / "a b'\"é:$(x)\n.py"
    path.write_text(BROKEN)
    assert run(path) == 0
    assert path.read_text() == MENDED


def test_a_file_that_is_changed_meanwhile_is_not_overwritten(broken):
    (file,) = files.look([broken])
    broken.write_text("x = 1\n")
    with pytest.raises(files.ProblemsFound, match="changed while it was repaired; run this again"):
        files.write(file)
    assert broken.read_text() == "x = 1\n"


def test_a_failing_write_leaves_the_file_as_it_was(broken, monkeypatch, capsys):
    def fail(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    assert run(broken) == 2
    assert broken.read_text() == BROKEN
    assert list(broken.parent.iterdir()) == [broken]
    assert f"{broken}: cannot be written: No space left on device" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_file_is_left_alone(broken, capsys):
    broken.chmod(0o444)
    assert run(broken) == 2
    assert broken.read_text() == BROKEN
    assert "is read-only" in capsys.readouterr().err


def test_it_runs_as_the_console_script_and_under_doit(broken):
    for code in (
        "import sys; from generator.graph.console_script import main; sys.exit(main())",
        "import sys; from doit.doit_cmd import DoitMain; sys.exit(DoitMain().run(sys.argv[1:]))",
    ):
        broken.write_text(BROKEN)
        root = Path(__file__).parents[2]
        done = subprocess.run(
            [sys.executable, "-c", code, "sanity", str(broken)], cwd=root, capture_output=True
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert broken.read_text() == MENDED


def test_help_has_examples(capsys):
    assert run("--help") == 0
    assert "skillsets sanity -d answer.py" in capsys.readouterr().out


def test_generated_files_need_nothing():
    generated = Path(__file__).parents[2] / "generated"
    names = sorted(generated.glob("*/*bert*.py"))
    assert len(names) > 20
    assert run("-d", *names) == 0
