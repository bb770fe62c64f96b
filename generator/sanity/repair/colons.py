"""Colons that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from generator.sanity.repair.edits import Edit, Proposal, Trouble

_HEADERS = frozenset(
    "if elif else for while def class with try except finally async match case lambda".split()
)
_LONGEST = 60


def propose(trouble: Trouble) -> Iterator[Proposal]:
    """At the end of the statement, or after any of its tokens."""
    tokens = trouble.statement.tokens
    if tokens[0][1].text in _HEADERS:
        yield _colon(*tokens[-1], "the line ends without a colon", 0.2)
    elif len(tokens) > 1:
        yield _colon(*tokens[-1], "the line ends without a colon", 0.8)
    for number, token in tokens[:-1][:_LONGEST] if trouble.statement.whole else ():
        if token.kind != "op" or token.text in ")]}":
            yield _colon(number, token, f'no colon after "{token.text}"', 1.2)


def _colon(number: int, token, why: str, cost: float) -> Proposal:
    return Proposal((Edit(number, token.end, token.end, ":", why),), cost)
