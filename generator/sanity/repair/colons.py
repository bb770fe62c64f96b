"""Colons that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from generator.sanity.repair.edits import Edit, Proposal, Trouble
from generator.sanity.repair.lexer import CLOSERS, OPENERS, Token
from generator.sanity.repair.statements import HEADERS

_LONGEST = 60


def propose(trouble: Trouble) -> Iterator[Proposal]:
    """At the end of the statement; and where a one-line block, a `lambda`, a slice or a dict may have one."""
    tokens = trouble.statement.tokens
    is_header = tokens[0][1].text in HEADERS
    if is_header or len(tokens) > 1:
        yield _colon(*tokens[-1], "the line ends without a colon", 0.2 if is_header else 0.8)
    depth = 0
    for number, token in tokens[:-1][:_LONGEST] if trouble.statement.whole else ():
        depth += (token.text in OPENERS) - (token.text in CLOSERS)
        is_header = is_header or token.text == "lambda"
        if (is_header or depth) and (token.kind != "op" or token.text in CLOSERS):
            yield _colon(number, token, f'no colon after "{token.text}"', 1.2)


def _colon(number: int, token: Token, why: str, cost: float) -> Proposal:
    return Proposal((Edit(number, token.end, token.end, ":", why),), cost)
