"""Which characters of a rendered text each line of the finished file is made of.

Between the two, imports and helpers are taken out, imports are ordered and joined, a code overlay may
put in statements of its own, and the formatter lays out anew. None of this changes a statement from
within. So whole statements are matched, each with the statements around it, and then one by one the
characters that the formatter leaves alone; imports are matched by the names that they bring in.
"""

from __future__ import annotations

import ast
import io
import tokenize
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

# What the formatter may add, take out or exchange.
_LAYOUT = frozenset(",()'\"\\ \t\f\n")
_NO_PART = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


@dataclass(frozen=True)
class Line:
    """What a line of the finished file is made of: characters of the rendered text, by their offsets.

    None at all for a blank line, and for one that does not come from the rendered text. `relaid`: its
    statement stood on other lines there. `taken_out`: names that stood there beside those of an import.
    """

    offsets: tuple[int, ...] = ()
    relaid: bool = False
    taken_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Statement:
    """A statement (of a compound one, its head), or a comment on lines of its own: where, and what it says.

    `key` leaves out layout, and begins with what the statements around it say: equal lines in two
    functions are two things.
    """

    start: int
    text: str
    key: tuple[str, ...]

    @property
    def is_import(self) -> bool:
        return self.text.startswith(("import ", "from "))

    @property
    def offsets(self) -> list[int]:
        """Of the characters that no formatter touches."""
        return [self.start + index for index, char in enumerate(self.text) if char not in _LAYOUT]

    @property
    def layout(self) -> tuple[str, ...]:
        """What each of its lines says, leaving out what the formatter may touch within a line."""
        return tuple(filter(None, map(_says, self.text.split("\n"))))


@dataclass(frozen=True)
class _Imported:
    """A name in an import: what is imported from where, and the place where it says so."""

    key: tuple[str, ...]
    name: str
    place: _Statement
    offsets: tuple[int, ...]


@dataclass(frozen=True)
class _Match:
    """A statement of the finished file, with an offset of the rendered text for each of its own."""

    statement: _Statement
    offsets: Sequence[tuple[int, int]]
    relaid: bool
    taken_out: tuple[str, ...] = ()


def align(rendered: str, finished: str, *, nested: bool = True) -> list[Line]:
    """For each line of the finished text, what it is made of. Both are Python that parses.

    Unless `nested`, equal statements match whatever is around them.
    """
    starts = line_starts(finished)
    found = [Line()] * len(starts)
    old, new = _statements(rendered, nested), _statements(finished, nested)
    for match in (*_matched(old, new), *_matched_imports(old, new)):
        for index, line in _lines(match, starts):
            found[index] = line
    return found


def _lines(match: _Match, starts: Sequence[int]) -> Iterator[tuple[int, Line]]:
    """The lines of a statement; one of brackets or quotes alone belongs to what is before it."""
    statement = match.statement
    first = bisect_right(starts, statement.start) - 1
    offsets: dict[int, list[int]] = {first + index: [] for index in range(statement.text.count("\n") + 1)}
    for place, offset in match.offsets:
        offsets[bisect_right(starts, place) - 1].append(offset)
    before: list[int] = []
    for index, own in offsets.items():
        before = own or before[-1:]
        yield index, Line(tuple(before), match.relaid, match.taken_out)


def _matched(old: Sequence[_Statement], new: Sequence[_Statement]) -> Iterator[_Match]:
    """Statements that stayed; all of them, unless something else was put in their place."""
    kept = [statement for statement in old if not statement.is_import]
    here = [statement for statement in new if not statement.is_import]
    matcher = SequenceMatcher(None, [each.key for each in kept], [each.key for each in here], autojunk=False)
    for block in matcher.get_matching_blocks():
        for index in range(block.size):
            was, now = kept[block.a + index], here[block.b + index]
            pairs = list(zip(now.offsets, was.offsets, strict=True))
            yield _Match(now, pairs, was.layout != now.layout)


def _matched_imports(old: Sequence[_Statement], new: Sequence[_Statement]) -> Iterator[_Match]:
    """Imports, each from all statements that brought in any of its names."""
    before = {each.key: each for statement in old for each in _imported(statement)}
    after = {statement.start: list(_imported(statement)) for statement in new}
    kept = {each.key for names in after.values() for each in names}
    for statement in new:
        origins = [(each, before[each.key]) for each in after[statement.start] if each.key in before]
        if not origins:
            continue
        places = {origin.place for _, origin in origins}
        pairs = [(statement.start, origins[0][1].place.start)]
        pairs += [pair for now, was in origins for pair in zip(now.offsets, was.offsets, strict=True)]
        gone = {each.name for each in before.values() if each.place in places and each.key not in kept}
        relaid = "\n" in statement.text and {place.layout for place in places} != {statement.layout}
        yield _Match(statement, pairs, relaid, tuple(sorted(gone)))


def _imported(statement: _Statement) -> Iterator[_Imported]:
    if not statement.is_import:
        return
    (node,) = ast.parse(statement.text).body
    assert isinstance(node, ast.Import | ast.ImportFrom)
    source = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else ""
    starts = line_starts(statement.text)
    for alias in node.names:
        start, end = (
            starts[alias.lineno - 1] + alias.col_offset,
            starts[alias.end_lineno - 1] + alias.end_col_offset,
        )
        part = _Statement(statement.start + start, statement.text[start:end], ())
        key = (*statement.key[:-1], source, alias.name, alias.asname or "")
        yield _Imported(key, alias.asname or alias.name, statement, tuple(part.offsets))


def _statements(text: str, nested: bool) -> list[_Statement]:
    """All statements and comments of a source, in order."""
    starts, found, around = line_starts(text), [], []
    for first, last in _extents(text):
        start, end = starts[first[0] - 1] + first[1], starts[last[0] - 1] + last[1]
        says = _says(text[start:end])
        while around and around[-1][0] >= first[1]:
            around.pop()
        found.append(_Statement(start, text[start:end], (*(head for _, head in around), says)))
        if nested and not says.startswith("#"):
            around.append((first[1], says))
    return found


def _says(text: str) -> str:
    """Without layout, and in one case: the formatter writes `0XFF` and `F""` in lower case."""
    return "".join(char for char in text if char not in _LAYOUT).lower()


def _extents(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where each statement or comment begins and ends, as line and column."""
    first: tuple[int, int] | None = None
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and first is None:
            yield token.start, token.end
        elif token.type == tokenize.NEWLINE and first is not None:
            yield first, token.start
            first = None
        elif token.type not in _NO_PART and first is None:
            first = token.start


def line_starts(text: str) -> list[int]:
    """The offset of each line of a text."""
    return list(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))
