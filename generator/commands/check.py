"""`check`: whether everything generated is what its sources give, and what mends it where it is not."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from generator.commands import checkout
from generator.errors import EXIT_BAD_INPUT, EXIT_CLEAN, EXIT_DRIFT, print_problems

if TYPE_CHECKING:
    from generator.review.checking import Checked, Finding

_SHOWN = 10
"""The files of a kind, from which on the rest is counted."""
_COLOURS = {"changed": "yellow", "missing": "red", "extra": "magenta", "tampered": "red", "unsigned": None}


@click.command(
    epilog="""\b
Examples:
  skillsets check              everything
  skillsets check bert t5      what these model types have
  skillsets check --json       for a script

Exit codes: 0 all is as it should be, 1 something is not, 2 a spec or template has a mistake."""
)
@click.argument("model_types", metavar="[TYPE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="For a script.")
def command(model_types: tuple[str, ...], as_json: bool) -> int:
    """Compare what is generated with what its sources give, whatever any earlier run has recorded.

    A file is changed (its sources give another one now), missing, extra (no spec owns it) or tampered (edited
    by hand since it was written). Nothing is written.
    """
    from generator.review.checking import check
    from generator.review.progress import shown

    layout = checkout()
    with shown("planned") as progress:
        found = check(layout, model_types or None, progress)
    if as_json:
        findings = [_data(finding) for finding in found.findings]
        click.echo(json.dumps({**asdict(found), "findings": findings}, indent=2))
    else:
        for line in _lines(found):
            click.echo(line)
        print_problems(found.problems)
    if found.problems:
        return EXIT_BAD_INPUT
    return EXIT_DRIFT if found.has_drifted else EXIT_CLEAN


def _data(finding: Finding) -> dict[str, str]:
    return {name: value for name, value in asdict(finding).items() if name != "mend_all"}


def _lines(found: Checked) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in found.findings:
        groups[finding.state, finding.mend_all].append(finding)
    shown = [finding for group in groups.values() for finding in group[:_SHOWN]]
    width = max((len(finding.path) for finding in shown), default=0)
    for (state, mend_all), group in groups.items():
        name = click.style(f"{state:8}", fg=_COLOURS[state])
        for finding in group[:_SHOWN]:
            yield f"{name}  {finding.path:{width}}  {finding.mend}"
        if len(group) > _SHOWN:
            more = f"and {len(group) - _SHOWN} more"
            yield f"{name}  {more:{width}}  {mend_all}"
    yield from _told(found)


def _told(found: Checked) -> Iterator[str]:
    states = Counter(finding.state for finding in found.findings)
    if "tampered" in states:
        yield "what was edited by hand is copied to .cache/hand-edits before it is made again"
    if "unsigned" in states:
        yield "what is unsigned is as it should be: git merged it, say"
    counts = [f"{count} {state}" for state, count in sorted(states.items())]
    if found.problems:
        counts.append(
            f"{len(found.problems)} problem{'s' if len(found.problems) > 1 else ''} in what they come from"
        )
    yield f"{', '.join(counts) or 'all as it should be'}, of {found.files} files"
