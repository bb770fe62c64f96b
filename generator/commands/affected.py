"""`affected`: the tasks that validate what a change reaches, in shards for CI."""

from __future__ import annotations

import json

import click

from generator.commands import checkout
from generator.errors import EXIT_CLEAN
from generator.review.affected import Shard, affected


class _ShardType(click.ParamType):
    name = "I/N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        if isinstance(value, Shard):
            return value
        number, slash, count = str(value).partition("/")
        if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            self.fail(f'"{value}" is not like 2/4: the second of four shards', param, ctx)
        return Shard(int(number), int(count))


@click.command(
    epilog="""\b
Examples:
  skillsets affected main                     what the change in hand reaches
  skillsets affected "$BASE" --shard 2/4 | xargs --no-run-if-empty doit -n 2
"""
)
@click.argument("revision", default="HEAD")
@click.option("--shard", type=_ShardType(), default=Shard(), help="One of N equal parts.")
@click.option("--json", "as_json", is_flag=True, help="The model types, as a JSON list.")
def command(revision: str, shard: Shard, as_json: bool) -> int:
    """The tasks that validate every model type that the change since REVISION (HEAD) reaches, one in a line.

    A type is reached when a file was changed, committed or not, that decides what its test or its skillset
    is, or what that answers: its spec, a template, code of the runtime, what is committed of it under
    generated/. Another version in constraints*.txt reaches all.
    """
    names = shard.of(affected(checkout(), revision))
    if as_json:
        click.echo(json.dumps(names))
    else:
        for name in names:
            click.echo(f"validate:{name}")
    return EXIT_CLEAN
