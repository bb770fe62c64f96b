"""The distinct hunks of many files' differences: each once, with every place that has it.

Three steps, each of which loses nothing: equal hunks of different files become one *hunk*; hunks that
make the same words change, in lines that differ elsewhere, become one *edit*; and edits that the same
files have are shown together, as one *group*.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from generator.review.differences import Difference
from generator.review.names import Names, shown
from generator.review.texts import Block, common, lines_of

Lines = tuple[str, ...]
_CONTEXT = 2
_ODD = 10
"""An edit of so many times fewer files than the commonest one has is an odd one."""
_TOKEN = re.compile(r"\0.*?\0|\w+|\W")
_COMMA = re.compile(r",\s*(?=[)\]}])")
_WORD = re.compile(r"\0.*?\0|\w+")


@dataclass(frozen=True)
class Hunk:
    """Lines taken out and lines put in, with stand-ins for the model's names, and where."""

    old: Lines
    new: Lines
    places: tuple[tuple[str, int], ...]
    """Path and line, the line on the new side."""
    sample: Lines = field(compare=False)
    """As in the first of the places: with a mark before each line, and lines around it."""

    @cached_property
    def files(self) -> Lines:
        return tuple(sorted({path for path, _ in self.places}))


@dataclass(frozen=True)
class Edit:
    """Hunks that make the same words change, the commonest first."""

    hunks: tuple[Hunk, ...]

    @cached_property
    def files(self) -> Lines:
        return tuple(sorted({path for hunk in self.hunks for path in hunk.files}))

    @property
    def places(self) -> int:
        return sum(len(hunk.places) for hunk in self.hunks)


@dataclass(frozen=True)
class Group:
    """Edits that are in the same files, in the order of the first of these."""

    edits: tuple[Edit, ...]
    odd: bool

    @property
    def files(self) -> Lines:
        return self.edits[0].files


@dataclass(frozen=True)
class _Found:
    """A block of one file, as it is and as it compares."""

    file: Difference
    block: Block
    names: Names
    raw: tuple[Lines, Lines]
    plain: tuple[Lines, Lines]
    """Without the model's names."""


def group(files: Iterable[Difference], names: Mapping[str, Names]) -> list[Group]:
    """The distinct hunks of files that differ, the commonest first, the odd ones last.

    `names` are those of each file, by path; a file without any has none.
    """
    edits = _edits(_hunks(files, names))
    by_files: dict[Lines, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_files[edit.files].append(edit)
    most = max(map(len, by_files), default=0)
    groups = [
        Group(tuple(sorted(found, key=_first)), odd=len(paths) * _ODD < most)
        for paths, found in by_files.items()
    ]
    return sorted(groups, key=lambda each: (-len(each.files), each.files, _first(each.edits[0])))


def _first(edit: Edit) -> tuple[str, int]:
    return min(place for hunk in edit.hunks for place in hunk.places)


def _hunks(files: Iterable[Difference], names: Mapping[str, Names]) -> dict[Hunk, _Found]:
    """Each distinct hunk with the first block that is one."""
    found = [_find(file, block, names.get(file.path)) for file in files for block in file.blocks]
    plain = {each.plain for each in found}
    by_key: dict[tuple[Lines, Lines], list[_Found]] = defaultdict(list)
    for each in found:
        # "bit" is a model type and a word: what all others say in the same words is no name.
        by_key[each.raw if each.raw in plain else each.plain].append(each)
    return {_hunk(key, alike): alike[0] for key, alike in by_key.items()}


def _find(file: Difference, block: Block, names: Names | None) -> _Found:
    names = names or Names()
    plain = tuple(tuple(map(names.without_model, lines)) for lines in (block.old, block.new))
    return _Found(file, block, names, (block.old, block.new), plain)


def _hunk(key: tuple[Lines, Lines], found: list[_Found]) -> Hunk:
    places = tuple(sorted((each.file.path, each.block.new_start + 1) for each in found))
    return Hunk(*(tuple(map(shown, lines)) for lines in key), places, _sample(key, found[0]))


def _sample(key: tuple[Lines, Lines], found: _Found) -> Lines:
    """The lines of the key, and what stands around them unchanged in one of the files."""
    lines, block = lines_of(found.file.old or ""), found.block
    others = [other for other in found.file.blocks if other != block]
    start = max([0, *(other.old_end for other in others if other.old_end <= block.old_start)])
    end = min([len(lines), *(other.old_start for other in others if other.old_start >= block.old_end)])
    before = lines[max(start, block.old_start - _CONTEXT) : block.old_start]
    after = lines[block.old_end : min(end, block.old_end + _CONTEXT)]
    marked = [(" ", map(found.names.without_model, before)), ("-", key[0]), ("+", key[1])]
    marked.append((" ", map(found.names.without_model, after)))
    return tuple(mark + shown(line).rstrip("\n") for mark, part in marked for line in part)


def _edits(hunks: Mapping[Hunk, _Found]) -> list[Edit]:
    alike: dict[object, list[Hunk]] = defaultdict(list)
    for hunk, found in hunks.items():
        alike[_words_changed(found)].append(hunk)
    return [Edit(tuple(sorted(each, key=_commonest_first))) for each in alike.values()]


def _commonest_first(hunk: Hunk) -> tuple[int, tuple[tuple[str, int], ...]]:
    return -len(hunk.places), hunk.places


def _words_changed(found: _Found) -> object:
    """What a hunk does, but for the other words of its lines and for how many tasks it names."""
    old, new = (_unwrapped(map(found.names.without_tasks, lines)) for lines in found.plain)
    if len(old) == len(new):
        return tuple(pair for pair, _ in groupby(map(_pair, old, new)))
    return tuple(line for line, _ in groupby(old)), tuple(line for line, _ in groupby(new))


def _unwrapped(lines: Iterable[str]) -> list[str]:
    """Each statement on one line: whether the formatter breaks it depends on how long the names in it are."""
    found: list[str] = []
    depth = 0
    for line in map(str.rstrip, lines):
        if depth > 0:
            space = " " if found[-1].endswith(",") else ""
            found[-1] = _COMMA.sub("", found[-1] + space + line.lstrip())
        else:
            found.append(line)
            depth = 0
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
    return found


def _pair(old: str, new: str) -> tuple[str, str, str]:
    """The first word of a line, and what of the line goes and comes."""
    first = _WORD.search(old)
    one, other = _TOKEN.findall(old), _TOKEN.findall(new)
    tail = common(one[::-1], other[::-1])
    one, other = one[: len(one) - tail], other[: len(other) - tail]
    head = common(one, other)
    return first.group() if first else "", "".join(one[head:]), "".join(other[head:])
