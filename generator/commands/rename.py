"""`rename OLD NEW`: another name for a method, or a resource key, of the host's convention."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import click

from generator.commands import checkout
from generator.errors import EXIT_CLEAN

if TYPE_CHECKING:
    from generator.review.renaming import Renaming

_EPILOG = """\b
Examples:
  skillsets rename 'init_<host>' 'load_<host>' --dry-run
  skillsets rename 'create_<host>_<task>_endpoint_handler' 'make_<host>_<task>_handler'
  skillsets rename answer respond
  skillsets rename --key pool shared_pool
"""


@click.command(epilog=_EPILOG)
@click.argument("old")
@click.argument("new")
@click.option("--key", "is_key", is_flag=True, help="OLD is a key of `resources`, and not a method.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what changes as JSON.")
def command(old: str, new: str, is_key: bool, dry_run: bool, as_json: bool) -> int:
    """Rename a method or a resource key of the convention by which a host calls skillsets.

    Templates, code overlays, the runtime, the toolchain, its tests and docs are edited, and generated
    modules with them. <host> and <task> stand for every host name and every task.
    """
    from generator import publish
    from generator.review import renaming

    layout = checkout()
    found = renaming.plan(layout, old, new, is_key=is_key)
    if not dry_run:
        publish.publish(
            {layout.root / path: publish.encode(text) for path, text in found.after.items()}, layout
        )
    if as_json:
        left = [{"path": each.path, "line": each.line} for each in found.left]
        shown = {"sources": found.sources, "outputs": found.outputs, "left": left, "written": not dry_run}
        click.echo(json.dumps(shown, indent=2))
    else:
        _tell(found, dry_run)
    return EXIT_CLEAN


def _tell(found: Renaming, dry_run: bool) -> None:
    """The diff of what people write, the number of what is generated, and what is left to do."""
    for line in found.diff(found.sources).splitlines():
        click.secho(line, fg={"+": "green", "-": "red", "@": "cyan"}.get(line[:1]))
    for problem in found.left:
        click.echo(problem)
    click.echo(f"{len(found.sources)} sources {'would be edited' if dry_run else 'edited'}")
    for folder, number in Counter(path.rpartition("/")[0] for path in found.outputs).items():
        click.echo(f"{number} files of {folder} {'would be' if dry_run else 'are'} as they are generated now")
    click.echo("what it reaches is done anew by: doit   (what that would be: skillsets why)")
