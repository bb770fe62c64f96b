"""`why`: what would run and for which reason, before it runs."""

from __future__ import annotations

import click

from generator.commands import checkout


@click.command(
    epilog="""\b
Examples:
  skillsets why                  everything that is due, by reason
  skillsets why validate:bert    a task and those before it
  skillsets why bert 'generate:w*'
  doit --dry-run bert            the same, for any words that doit takes

Exit codes: 0 nothing would run, 1 something would, 2 there is no such task."""
)
@click.argument("tasks", metavar="[TASK]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="For a script.")
def command(tasks: tuple[str, ...], as_json: bool) -> int:
    """Say what would run and why: which spec, template, module, tool or output changed, and how.

    Runs nothing and records nothing.
    """
    from generator.graph.checkout import load_build
    from generator.graph.forecast import forecast
    from generator.graph.told import exit_code, told

    found = forecast(load_build(checkout().root / "dodo.py"), tasks)
    for line in told(found, as_json=as_json):
        click.echo(line)
    return exit_code(found)
