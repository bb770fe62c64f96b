"""`adopt FILE`: keep a hand edit of a skillset as a code overlay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.commands import checkout
from generator.errors import EXIT_CLEAN

if TYPE_CHECKING:
    from generator.review.adopting import Adoption

_EPILOG = """\b
Examples:
  skillsets adopt generated/skillsets/hf_bert.py
  skillsets adopt generated/skillsets/hf_bert.py --reason "Accents come in two forms (#12)."
  skillsets adopt generated/skillsets/hf_bert.py --dry-run
"""


@click.command(epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--reason", metavar="TEXT", help="Why: goes into the overlay's docstring.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the overlay and what it says as JSON.")
def command(file: Path, reason: str | None, dry_run: bool, as_json: bool) -> int:
    """Turn the hand edit of a generated skillset into a code overlay, which generating it again keeps.

    The overlay, specs/overlays/<model_type>.py, is made, or extended, only if all of the edit is in it.
    What it cannot hold is named line by line, with where it belongs.
    """
    from generator.review import adopting  # brings libcst, jinja2, pydantic

    layout = checkout()
    adoption = adopting.adopt(layout, file, reason)
    changes = adoption.before != adoption.after
    if changes and not dry_run:
        adopting.write(layout, adoption)
    if as_json:
        shown = {"overlay": adoption.path, "entries": list(adoption.entries), "text": adoption.after}
        click.echo(json.dumps({**shown, "written": changes and not dry_run}, indent=2, ensure_ascii=False))
    else:
        _tell(adoption, changes, dry_run)
    return EXIT_CLEAN


def _tell(adoption: Adoption, changes: bool, dry_run: bool) -> None:
    """The diff of the overlay, in the colours of git, and what to do next."""
    if not changes:
        click.echo("nothing to adopt: the file is as its specs, templates and overlay make it")
        return
    for line in adoption.diff().splitlines():
        click.secho(line, fg={"+": "green", "-": "red", "@": "cyan"}.get(line[:1]))
    verb = "would be" if dry_run else "is"
    click.echo(f"{adoption.path} {verb} written: {', '.join(adoption.entries) or 'imports'}")
    if not dry_run:
        click.echo(f"say there why, and write the file from it: doit generate:{adoption.model_type}")
