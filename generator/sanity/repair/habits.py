"""How usual a piece of code is: which token follows which in real code, inside which bracket.

Several repairs often make a statement sound, and only one was meant: `len(x > 0` can be closed in two places
that Python would take, but nobody compares inside of `len`. The counts are in `habits.tsv`, made by
`benchmarks/learn_habits.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from generator.sanity.repair.lexer import CLOSERS, KEYWORDS, OPENERS, Token, lex

FILE = Path(__file__).with_name("habits.tsv")
_WEIGHT_OF_FEWER = 5.0

Pair = tuple[str, str, str]


def pairs(lines: Sequence[str], first: int = 0, last: int | None = None) -> Iterator[Pair]:
    """Of each token of some lines: the bracket it is in, the kind of the one before, and its own."""
    open_: list[str] = []
    state, before = "", "end"
    for number in range(first, len(lines) if last is None else last):
        tokens, after = lex(lines[number], state)
        inside_string, state = bool(state), after
        for token in tokens:
            if token.kind in ("comment", "join") or (inside_string and token is tokens[0]):
                continue
            kind = kind_of(token, before)
            yield open_[-1] if open_ else "", before, kind
            if kind in OPENERS:
                open_.append(_bracket(kind, before))
            elif kind in CLOSERS and open_:
                open_.pop()
            before = kind
        if not open_ and not state and before != "end":
            yield "", before, "end"
            before = "end"


def unusualness(lines: Sequence[str], first: int, last: int) -> float:
    """How little the lines look like real code: the sum of each token's, in nats."""
    return sum(_surprise(*pair) for pair in pairs(lines, first, last))


def kind_of(token: Token, before: str) -> str:
    if token.kind == "op" or token.text in KEYWORDS:
        return token.text
    if token.kind == "name":
        return "attribute" if before == "." else "name"
    return {"part": "string"}.get(token.kind, token.kind)


def _bracket(opener: str, before: str) -> str:
    """What a bracket is for, by what stands before it."""
    follows = before in ("name", "attribute", "string") or before in CLOSERS
    return f"{before if before in KEYWORDS else 'x' if follows else ''}{opener}"


def counted(texts: Iterable[Sequence[str]]) -> Counter[Pair]:
    """How often each pair stands in some files."""
    return Counter(pair for lines in texts for pair in pairs(lines))


class _Counts:
    def __init__(self, counts: dict[Pair, int]):
        self.full = counts
        self.full_sum: Counter[tuple[str, str]] = Counter()
        self.plain: Counter[tuple[str, str]] = Counter()
        self.plain_sum: Counter[str] = Counter()
        for (bracket, before, kind), count in counts.items():
            self.full_sum[bracket, before] += count
            self.plain[before, kind] += count
            self.plain_sum[before] += count


@cache
def _counts() -> _Counts:
    rows = (line.split("\t") for line in FILE.read_text("utf-8").splitlines())
    return _Counts({(bracket, before, kind): int(count) for bracket, before, kind, count in rows})


@cache
def _surprise(bracket: str, before: str, kind: str) -> float:
    """What follows, given the bracket; of pairs that are rare there, given the token before alone."""
    counts = _counts()
    anywhere = (counts.plain[before, kind] + 0.01) / (counts.plain_sum[before] + 1)
    seen = counts.full.get((bracket, before, kind), 0) + _WEIGHT_OF_FEWER * anywhere
    return -math.log(seen / (counts.full_sum[bracket, before] + _WEIGHT_OF_FEWER))
