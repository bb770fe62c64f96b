"""`impact`: what a change comes to, for whoever reviews it."""

from __future__ import annotations

import click

from generator.commands import checkout
from generator.errors import EXIT_BAD_INPUT, EXIT_CLEAN, print_problems


@click.command(
    epilog="""\b
Examples:
  skillsets impact                          of the change in hand, committed or not regenerated yet
  skillsets impact main                     of all since a revision, up to the working tree
  skillsets impact HEAD~1 HEAD              of a commit, from the outputs committed with it
  skillsets impact "$(git merge-base origin/main HEAD)" HEAD --markdown   of a pull request, as a comment

Exit codes: 0, or 2 where a revision is unknown or some inputs cannot be read."""
)
@click.argument("revisions", metavar="[REV [REV]]", nargs=-1)
@click.option(
    "--markdown", is_flag=True, help="For a comment on a pull request, within the size GitHub takes."
)
@click.option(
    "--json", "as_json", is_flag=True, help="For a script: everything, and every place of every hunk."
)
def command(revisions: tuple[str, ...], markdown: bool, as_json: bool) -> int:
    """Show which facts, templates and code changed, which outputs they reach, and each distinct edit once.

    Up to the working tree, outputs are what its specs and templates give, generated yet or not. Between
    two revisions they are what is committed in each. Nothing is written.
    """
    if len(revisions) > 2:
        raise click.UsageError("at most two revisions")
    if markdown and as_json:
        raise click.UsageError("either --markdown or --json")
    from generator.review import impact as impacts
    from generator.review import impact_json, impact_markdown, impact_text, texts
    from generator.review.progress import shown

    layout = checkout()
    if len(revisions) == 2:
        impact = impacts.of_revisions(layout, *revisions)
    else:
        with shown("planned") as progress:
            impact = impacts.of_tree(layout, revisions[0] if revisions else "HEAD", progress)
    if as_json:
        click.echo(impact_json.text(impact))
    else:
        lines = impact_markdown.text(impact) if markdown else "\n".join(impact_text.lines(impact))
        click.echo(texts.printable(lines))
    print_problems(impact.problems)
    return EXIT_BAD_INPUT if impact.problems else EXIT_CLEAN
