"""`diff`: what regeneration would change, as a unified diff."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from generator.commands import checkout
from generator.errors import EXIT_BAD_INPUT, EXIT_CLEAN, EXIT_DRIFT, print_problems

if TYPE_CHECKING:
    from generator.review.differences import Difference, Differences

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_BAR = 40
"""The most signs that `--stat` draws for a file."""


@click.command(
    epilog="""\b
Examples:
  skillsets diff                          what generating everything anew would change
  skillsets diff bert 'w*'                of some model types
  skillsets diff generated/tests --stat   of a folder, counted
  skillsets diff --rev main               what the changed specs and templates change

Exit codes: 0 nothing differs, 1 something does, 2 some outputs cannot be planned."""
)
@click.argument("words", metavar="[TYPE|PATH]...", nargs=-1)
@click.option("--rev", metavar="REV", help="Against what the specs and templates of a git revision give.")
@click.option("--stat", is_flag=True, help="Count lines by file.")
@click.option("--json", "as_json", is_flag=True, help="For a script.")
def command(words: tuple[str, ...], rev: str | None, stat: bool, as_json: bool) -> int:
    """Show what regeneration would change in tests, skillsets and all else that needs no model run.

    Writes nothing. The old side is the tree as it is, hand edits and all; with --rev it is what the specs and
    templates of that revision give with the toolchain that runs now.
    """
    from generator.review import differences, texts
    from generator.review.progress import shown

    layout = checkout()
    with shown("planned") as progress:
        if rev is None:
            found = differences.from_tree(layout, words, progress)
        else:
            found = differences.from_revision(layout, rev, words, progress)
    if as_json:
        click.echo(json.dumps(_data(found), indent=2))
    else:
        lines = _stat(found.files) if stat else _coloured(found.files)
        click.echo(texts.printable("".join(lines)), nl=False)
        print_problems(found.problems)
    if found.problems:
        return EXIT_BAD_INPUT
    return EXIT_DRIFT if found.files else EXIT_CLEAN


def _coloured(files: Sequence[Difference]) -> Iterator[str]:
    for file in files:
        head = True  # what names the file looks like lines that were changed
        for line in file.lines:
            head = head and not line.startswith("@@")
            colour = None if head else _COLOURS.get(line[0])
            yield click.style(line, fg=colour, bold=head) if head or colour else line


def _stat(files: Sequence[Difference]) -> Iterator[str]:
    width = max((len(file.path) for file in files), default=0)
    most = max((file.added + file.removed for file in files), default=0)
    scale = max(1, most / _BAR)
    for file in files:
        plus, minus = "+" * -int(-file.added // scale), "-" * -int(-file.removed // scale)
        bar = click.style(plus, fg="green") + click.style(minus, fg="red")
        yield f"{file.path:{width}}  {file.status:7}  {file.added + file.removed:>5} {bar}\n"
    added, removed = sum(file.added for file in files), sum(file.removed for file in files)
    yield f"{len(files)} files differ: {added} lines added, {removed} removed\n"


def _data(found: Differences) -> dict[str, object]:
    files = [
        {
            "path": file.path,
            "status": file.status,
            "added": file.added,
            "removed": file.removed,
            "diff": "".join(file.lines),
        }
        for file in found.files
    ]
    return {"files": files, "problems": [asdict(problem) for problem in found.problems]}
