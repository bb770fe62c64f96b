"""How commands end: exit codes, and never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator import commands
from generator.commands import affected
from generator.graph import delegates

ROOT = Path(__file__).parents[2]
SKILLSETS = "import sys; from generator.graph.console_script import main; sys.exit(main())"


def test_a_bug_is_told_in_a_line_with_the_traceback_in_a_file(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(affected, "affected", lambda *_: 1 // 0)
    assert commands.main(["affected"]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    log = Path(line.rpartition(" ")[2])
    assert "ZeroDivisionError" in line and "Traceback" in log.read_text()
    log.unlink()


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), PermissionError(13, "Permission denied", "generated")]
)
def test_other_ends_have_their_codes(monkeypatch, capsys, error):
    def fail(*_):
        raise error

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(affected, "affected", fail)
    assert commands.main(["affected"]) == (130 if isinstance(error, KeyboardInterrupt) else 2)
    assert "Traceback" not in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error():
    piped = f"'{sys.executable}' -c '{SKILLSETS}' affected --help | true"
    done = subprocess.run(["bash", "-c", piped], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize("name", commands.names())
def test_every_command_has_help_with_examples_and_is_one_of_doit_too(name, capsys):
    assert commands.main([name, "--help"]) == 0
    assert "Examples:" in capsys.readouterr().out
    settings = (ROOT / "pyproject.toml").read_text()
    assert f'\n{name} = "generator.graph.delegates:{name}"\n' in settings
    assert getattr(delegates, name).get_name() == name


def test_a_shell_gets_its_completion_and_nothing_is_run():
    script = subprocess.run(
        [sys.executable, "-c", SKILLSETS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "_SKILLSETS_COMPLETE": "bash_source"},
    )
    assert script.returncode == 0 and "complete" in script.stdout
    asked = {"_SKILLSETS_COMPLETE": "bash_complete", "COMP_WORDS": "skillsets aff", "COMP_CWORD": "1"}
    given = subprocess.run(
        [sys.executable, "-c", SKILLSETS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **asked},
    )
    assert given.stdout.split() == ["plain,affected"]


def test_without_a_command_they_are_listed(capsys):
    assert commands.main([]) == 2
    shown = capsys.readouterr()
    assert all(name in shown.out + shown.err for name in commands.names())
    assert commands.main(["nosuch"]) == 2
