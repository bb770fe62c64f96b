"""`sanity`: repairs Python as assistants and copy-paste produce it."""

from __future__ import annotations

import difflib
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.errors import EXIT_BAD_INPUT, EXIT_CLEAN, EXIT_DRIFT, Problem, ProblemsFound, print_problems

if TYPE_CHECKING:
    from generator.sanity.files import File
    from generator.sanity.repair import Change

_EXAMPLES = """
\b
Examples:
  skillsets sanity answer.py          repair a file
  skillsets sanity -d answer.py       show what would change, and change nothing
  skillsets sanity -r -d generated    check a folder and those in it
  skillsets sanity -r --json drafts   what was changed and what is left, for a script

Exit codes: 0, all files are sound (now); 1, with -d alone, some would be changed; 2, some are still broken.
"""


@click.command("sanity", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...", type=click.Path(path_type=Path))
@click.option("-r", "--recursive", is_flag=True, help="Go into the folders of a folder too.")
@click.option("-d", "--diff", is_flag=True, help="Show the changes as a unified diff, and write nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Name the files that need nothing, too.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def command(paths: tuple[Path, ...], recursive: bool, diff: bool, verbose: bool, as_json: bool) -> int:
    """Repair Python files: what does not parse, and names that nothing binds.

    A file that parses keeps its text, but for names like `true`, and the imports of well-known modules
    that it uses and does not import. What cannot be repaired is left as it is, and named.
    """
    from generator.sanity import files

    found, problems = files.python_files(paths, recursive)
    told: list[dict[str, Any]] = []
    for one in _with_progress(files.look(found), len(found)):
        if isinstance(one, Problem):
            problems.append(one)
            continue
        unwritten = () if diff else _write(one)
        if not as_json and not unwritten:
            _tell(one, diff, verbose)
        problems += unwritten or [_left(one, change) for change in one.repaired.left]
        told.append(_entry(one, unwritten))
    return _end(told, problems, diff, as_json)


def _with_progress(items: Iterable[File | Problem], count: int) -> Iterable[File | Problem]:
    """The items; on a terminal, with how many are done if that takes long."""
    hidden = count < 500 or not sys.stderr.isatty()
    with click.progressbar(items, length=count, file=sys.stderr, hidden=hidden) as bar:
        yield from bar


def _write(file: File) -> tuple[Problem, ...]:
    from generator.sanity import files

    if not file.is_changed:
        return ()
    try:
        files.write(file)
    except ProblemsFound as found:
        return found.problems
    return ()


def _tell(file: File, diff: bool, verbose: bool) -> None:
    for change in file.repaired.changes if not diff else ():
        click.echo(f"{click.style(f'{file.path}:{change.line}', bold=True)}: {change.why}")
    if diff and file.is_changed:
        click.echo("".join(_diff(file)), nl=False)
    if verbose and not file.is_changed and not file.repaired.left:
        click.echo(f"{file.path}: nothing to repair")


def _diff(file: File) -> Iterable[str]:
    """Each change's reason stands before the hunks, where `patch` takes it for a comment."""
    yield from (f"# {file.path}:{change.line}: {change.why}\n" for change in file.repaired.changes)
    before, after = (text.splitlines(keepends=True) for text in (file.before, file.repaired.text))
    path = file.path.as_posix().lstrip("/")
    for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"):
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        ended = line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
        yield click.style(ended, fg=colour)


def _left(file: File, change: Change) -> Problem:
    return Problem(str(file.path), change.line, change.why, "not repaired: the line is as it was")


def _entry(file: File, unwritten: tuple[Problem, ...]) -> dict[str, Any]:
    outcome = "repaired" if file.is_changed else "clean"
    if file.repaired.left or unwritten:
        outcome = "repaired in part" if file.is_changed and not unwritten else "not repaired"
    return {
        "path": str(file.path),
        "outcome": outcome,
        "changes": [{"line": change.line, "why": change.why} for change in file.repaired.changes],
        "left": [{"line": change.line, "why": change.why} for change in file.repaired.left],
    }


def _end(told: list[dict[str, Any]], problems: list[Problem], diff: bool, as_json: bool) -> int:
    counts = Counter(entry["outcome"] for entry in told)
    if as_json:
        entries = [entry for entry in told if entry["outcome"] != "clean"]
        wrong = [{"path": one.path, "line": one.line, "message": one.message} for one in problems]
        click.echo(json.dumps({"files": entries, "problems": wrong, "counts": counts}, indent=2))
    else:
        print_problems(problems)
        if len(told) > 1:
            would = " (nothing is written)" if diff else ""
            click.echo(", ".join(f"{counts[key]} {key}" for key in sorted(counts)) + would, err=True)
    if problems:
        return EXIT_BAD_INPUT
    return EXIT_DRIFT if diff and counts["repaired"] else EXIT_CLEAN
