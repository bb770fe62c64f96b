"""What a repair is made of: edits inside single lines, with what they cost and what they are for."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from generator.sanity.repair.lexer import KEYWORDS, Token, lex
from generator.sanity.repair.statements import Statement

_COMMON = (builtins, str, bytes, list, dict, set, object, Exception)
_ALWAYS_KNOWN = KEYWORDS.union({"self", "cls"}, *map(dir, _COMMON))


@dataclass(frozen=True, order=True)
class Edit:
    """Text that takes the place of the columns from `start` to `end` of a line."""

    line: int
    start: int
    end: int
    text: str
    why: str = field(compare=False)


@dataclass(frozen=True)
class Proposal:
    """Edits that might repair a statement. The less usual the mistake would be, the more they cost."""

    edits: tuple[Edit, ...]
    cost: float
    weighed: bool = True
    """Whether the cost leaves out how usual the outcome looks."""


class Names:
    """How often each name stands in the code of a file: what makes a guess look like that file."""

    def __init__(self, lines: Iterable[str]):
        self._count: Counter[str] = Counter()
        state = ""
        for line in lines:
            tokens, state = lex(line, state)
            self._count.update(token.text for token in tokens if token.kind == "name")

    def knows(self, name: str, but: int = 0) -> bool:
        """Whether a name is used elsewhere, or is Python's own; `but` is how often it stands here."""
        return name in _ALWAYS_KNOWN or self._count[name] > but


@dataclass(frozen=True)
class Trouble:
    """Where a proposal is wanted: in `statement`, so that `failing`, it or the one after, is sound."""

    lines: Sequence[str]
    statement: Statement
    failing: Statement
    names: Names


def applied(lines: Sequence[str], edits: Iterable[Edit]) -> list[str]:
    """The lines after the edits, which do not overlap."""
    edited = list(lines)
    for edit in sorted(edits, reverse=True):
        line = edited[edit.line]
        edited[edit.line] = line[: edit.start] + edit.text + line[edit.end :]
    return edited


def line_tokens(trouble: Trouble) -> Iterator[tuple[int, tuple[Token, ...]]]:
    """The tokens of each line that the statement reaches."""
    by_line: dict[int, list[Token]] = {}
    for number, token in trouble.statement.tokens:
        by_line.setdefault(number, []).append(token)
    for number, tokens in by_line.items():
        yield number, tuple(tokens)
