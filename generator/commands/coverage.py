"""Which branches of the templates no model type takes, beside those that are right to be there."""

from __future__ import annotations

import json

import click

from generator.commands import checkout
from generator.errors import EXIT_CLEAN, EXIT_DRIFT, print_problems

_EXAMPLES = """\b
Examples:
  skillsets coverage           what no model type takes
  skillsets coverage --json    the same, with what is allowed, for a script

Exit codes: 0 every branch is taken or allowed, 1 one is not, 2 a spec, a template or an entry is wrong."""


@click.command(epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="For a script.")
def command(as_json: bool) -> int:
    """Find the branches of the templates that no model type takes.

    Renders the skillset and the test of every model type, which takes seconds, and writes nothing. A branch
    is an arm of a condition, a loop's body, a macro, a block with something in it, or a whole template. Take
    it out, or give the reason for it in templates/untaken.yaml.
    """
    from generator.review.coverage import coverage

    found = coverage(checkout())
    if as_json:
        untaken = [
            {"template": f"templates/{each.template}", "line": each.line, "branch": each.name}
            for each in found.untaken
        ]
        allowed = [each.model_dump() for each in found.allowed]
        counts = {"templates": found.templates, "branches": found.branches}
        click.echo(json.dumps({**counts, "untaken": untaken, "allowed": allowed}, indent=2))
    else:
        click.echo(
            f"{found.branches} branches in {found.templates} templates: {len(found.untaken)} that nothing "
            f"takes, of which {len(found.untaken) - len(found.problems)} are allowed"
        )
        print_problems(found.problems)
    return EXIT_DRIFT if found.problems else EXIT_CLEAN
