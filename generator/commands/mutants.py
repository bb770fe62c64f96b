"""`skillsets mutants`: what became of the mistakes that `doit vacuity` made on purpose."""

from __future__ import annotations

import json

import click

from generator.commands import checkout
from generator.errors import EXIT_CLEAN, EXIT_DRIFT, Problem, ProblemsFound

EPILOG = """\b
Examples:
  doit vacuity:bert vacuity:vit     make and judge the mutants of two types
  skillsets mutants                 how many were killed, and which survived
  skillsets mutants bert --json     every mutant of a type, with the command that runs it alone
  skillsets mutants --page          write generated/docs/vacuity.md
"""


@click.command(epilog=EPILOG)
@click.argument("model_types", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Every mutant, as JSON.")
@click.option("--page", is_flag=True, help="Write the counts and survivors of all types as a page.")
def command(model_types: tuple[str, ...], as_json: bool, page: bool) -> int:
    """Show which mistakes in skillsets the generated tests noticed, of those that `doit vacuity` made.

    Exits with 1 where fewer than 95 % of a family's mutants were killed.
    """
    from generator.vacuity import results  # brings yaml and pydantic

    layout = checkout()
    found = results.collect(layout, () if page else model_types)
    if not found:
        raise ProblemsFound(
            [Problem(".cache/vacuity", None, "no mutant was judged yet", "run: doit vacuity:bert")]
        )
    if as_json:
        click.echo(json.dumps([each.plain() for each in found], indent=1))
    else:
        click.echo(results.table(results.by_family(found), "family"))
        click.echo("\n" + results.table(results.by_operator(found), "mistake"))
        click.echo("\n".join(["", *results.survivors(found)]).rstrip())
    for path in results.write(layout, found) if page else ():
        click.echo(f"wrote {path.as_posix()}", err=True)
    return EXIT_DRIFT if results.too_few(found) else EXIT_CLEAN
