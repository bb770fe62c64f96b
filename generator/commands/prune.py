"""`prune`: what this toolchain wrote and no spec owns any more, listed, and removed with --yes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.commands import checkout
from generator.errors import EXIT_CLEAN, EXIT_DRIFT

if TYPE_CHECKING:
    from generator.graph.build import Build
    from generator.graph.prune import Leftover


@click.command(
    epilog="""\b
Examples:
  skillsets prune          list what could go, and why
  skillsets prune --yes    remove it

Exit codes: 0 nothing is left over, 1 something is."""
)
@click.option("--yes", is_flag=True, help="Remove what is listed.")
@click.option("--json", "as_json", is_flag=True, help="For a script.")
def command(yes: bool, as_json: bool) -> int:
    """List generated files that no spec owns any more, and the files of types that transformers dropped.

    Of generated files only those that this toolchain wrote (generated/SHA256SUMS) are listed. One that was
    changed by hand since is listed and never removed.
    """
    from generator.graph.checkout import load_build
    from generator.graph.prune import leftovers

    build = load_build(checkout().root / "dodo.py")
    found, gone = _remove(build) if yes else (leftovers(build), set())
    if as_json:
        listed = [{**asdict(each), "removed": each.path in gone} for each in found]
        click.echo(json.dumps({"leftovers": listed}, indent=2))
    else:
        _print(found, gone)
    return EXIT_DRIFT if len(found) > len(gone) else EXIT_CLEAN


def _remove(build: Build) -> tuple[list[Leftover], set[str]]:
    """What was left over, and what of it is gone now; not while a run is at work, which may write it."""
    from generator.graph.lock import run_lock
    from generator.graph.prune import leftovers
    from generator.publish import prune

    with run_lock(build.layout.cache / "run.lock", lambda text: click.echo(text, err=True)):
        found = leftovers(build)
        removed = prune([Path(each.path) for each in found if not each.by_hand], build.layout)
    return found, {path.as_posix() for path in removed}


def _print(found: list[Leftover], gone: set[str]) -> None:
    if not found:
        click.echo("every generated file belongs to a spec, and every spec to a type of transformers")
    width = max((len(each.path) for each in found), default=0)
    for each in found:
        if each.path in gone:
            click.echo(f"{each.path:{width}}  {click.style('removed', fg='red')}: {each.reason}")
        elif each.by_hand:
            click.echo(f"{each.path:{width}}  {each.reason}; changed by hand, so it stays: rm {each.path}")
        else:
            click.echo(f"{each.path:{width}}  {each.reason}")
    if any(not each.by_hand and each.path not in gone for each in found):
        click.echo("remove them with: doit prune --yes")
