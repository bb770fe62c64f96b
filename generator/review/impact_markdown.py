"""An impact as a comment on a pull request: the same report, with every list to unfold, within a size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generator.review.file_lists import short
from generator.review.hunks import Edit, Group, Hunk
from generator.review.impact import Impact
from generator.review.impact_text import FACTS, counted, outputs, reached, same_facts

LIMIT = 65_000
"""Bytes; GitHub takes comments of up to 65,536 characters, and GitLab longer ones."""
_SOURCES = 40
_LEFT_OUT = "\n*Left out, since a comment has a limit: {}. `skillsets impact {} --json` has everything.*\n"


@dataclass(frozen=True)
class _Piece:
    """A part of the comment, and how soon it is left out: the highest rank first, and never rank 0."""

    text: str
    rank: int = 0
    what: str = ""


def text(impact: Impact, limit: int = LIMIT) -> str:
    """The comment, in at most `limit` bytes."""
    pieces = [
        *_head(impact),
        *(piece for each in enumerate(impact.groups, 1) for piece in _group(*each, impact)),
    ]
    left_out: list[str] = []
    while _size(pieces, left_out, impact) > limit and (
        droppable := [piece for piece in pieces if piece.rank]
    ):
        largest = max(droppable, key=lambda piece: (piece.rank, len(piece.text)))
        pieces.remove(largest)
        left_out.append(largest.what)
    return "".join(piece.text for piece in pieces) + _note(left_out, impact)


def _size(pieces: list[_Piece], left_out: list[str], impact: Impact) -> int:
    return sum(len(piece.text.encode(errors="replace")) for piece in pieces) + len(
        _note(left_out, impact).encode()
    )


def _note(left_out: list[str], impact: Impact) -> str:
    counts = {what: left_out.count(what) for what in left_out}
    whole = ", ".join(counted(number, what) for what, number in counts.items())
    revisions = " ".join(name for name in (impact.old, impact.new) if " " not in name)
    return _LEFT_OUT.format(whole, revisions) if left_out else ""


def _head(impact: Impact) -> Iterator[_Piece]:
    yield _Piece(f"### Impact: {_code(impact.old)} → {_code(impact.new)}\n\n")
    told = [each for each in impact.sources if each.runs or each.outputs or each.facts]
    told += [each for each in impact.sources if each not in told and each.path in impact.broken]
    yield from (_Piece(f"- {_code(source.path)} {reached(source, impact)}\n") for source in told[:_SOURCES])
    rest = [source.path for source in impact.sources if source not in told[:_SOURCES]]
    if rest:
        yield _Piece(f"- {counted(len(rest), 'other source')} changed\n\n")
        yield _Piece(_unfolded("which", _block("\n".join(rest))), 2, "file list")
    facts = same_facts(impact.sources)
    yield _Piece("\nFacts:\n\n" if facts else "")
    for fact in facts[:FACTS]:
        change = f"{_code(fact.old)} → {_code(fact.new)}"
        yield _Piece(f"- {_code(fact.places)}: {_code(fact.key)} {change}{fact.idle}\n")
    if len(facts) > FACTS:
        yield _Piece(f"- and {counted(len(facts) - FACTS, 'other fact')}\n")
    yield _Piece("\n" + "".join(f"{_plain(line)}  \n" for line in outputs(impact)) + "\n")


def _group(number: int, group: Group, impact: Impact) -> Iterator[_Piece]:
    odd = " (odd)" if group.odd else ""
    listed = _plain(short(group.files, impact.families))
    heading = f"**{number}. {counted(len(group.files), 'file')}{odd}:** {listed}\n\n"
    samples = "\n".join(line for edit in group.edits for line in (_at(edit.hunks[0]), *edit.hunks[0].sample))
    yield _Piece(heading + _block(samples, "diff") + "\n", 1, "edit")
    if len(group.files) > 1:
        files = _unfolded(counted(len(group.files), "file"), _block("\n".join(group.files)))
        yield _Piece(files, 2, "file list")
    for edit in group.edits:
        if len(edit.hunks) > 1:
            yield _Piece(_alike(edit), 3, "hunk list")


def _alike(edit: Edit) -> str:
    found = edit.hunks[1:]
    lines = [line for hunk in found for line in (_at(hunk), *hunk.sample)]
    return _unfolded(f"{counted(len(found), 'hunk')} alike", _block("\n".join(lines), "diff"))


def _at(hunk: Hunk) -> str:
    path, line = hunk.places[0]
    more = f" and {counted(len(hunk.places) - 1, 'other place')}" if len(hunk.places) > 1 else ""
    return f"@@ {path}:{line}{more} @@"


def _unfolded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n</details>\n\n"


def _block(content: str, language: str = "") -> str:
    """A block that nothing in its content can end."""
    fence = "`" * max(3, 1 + _longest_run(content))
    return f"{fence}{language}\n{content}\n{fence}\n"


def _code(value: str) -> str:
    """A value of a spec as text and nothing else: no mention, no link, no markup."""
    ticks = "`" * (1 + _longest_run(value))
    padding = " " if len(ticks) > 1 else ""
    return f"{ticks}{padding}{' '.join(value.split())}{padding}{ticks}"


def _longest_run(value: str) -> int:
    return max(map(len, re.findall("`+", value)), default=0)


def _plain(text: str) -> str:
    """Our own words, with names of files in them: what Markdown would take for markup is escaped."""
    return re.sub(r"([\\`*_<>\[\]@#|~])", r"\\\1", text)
