"""How two texts differ: as blocks of lines, and as a unified diff that `git apply` takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_UNENDED = "\\ No newline at end of file\n"


@dataclass(frozen=True)
class Block:
    """Lines taken out and lines put in at one place; `start` counts the lines before it on each side."""

    old_start: int
    old: tuple[str, ...]
    new_start: int
    new: tuple[str, ...]

    @property
    def old_end(self) -> int:
        return self.old_start + len(self.old)

    @property
    def new_end(self) -> int:
        return self.new_start + len(self.new)


def lines_of(text: str) -> list[str]:
    """Lines with their ends, as git counts them: form feeds and the like end none."""
    parts = text.split("\n")
    ended = [part + "\n" for part in parts[:-1]]
    return [*ended, parts[-1]] if parts[-1] else ended


def printable(text: str) -> str:
    """A text that was read whatever its bytes, as it can be printed."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def blocks(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """Every place where two lists of lines differ, in order.

    What is the same at both ends is left out first: that is most of a generated file, and it makes
    equal edits of different files come out equal.
    """
    head = common(old, new)
    tail = common(old[head:][::-1], new[head:][::-1])
    inner_old, inner_new = old[head : len(old) - tail], new[head : len(new) - tail]
    found = [
        (head + i, head + j, head + k, head + m)
        for tag, i, j, k, m in SequenceMatcher(None, inner_old, inner_new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    ends = [*(start for start, *_ in found[1:]), len(old)]
    return [_lowest(old, new, *span, end) for span, end in zip(found, ends, strict=False)]


def _lowest(old: Sequence[str], new: Sequence[str], i: int, j: int, k: int, m: int, end: int) -> Block:
    """Lines that only went or came may be told in several places, if more like them follow: the last one."""
    while (i == j or k == m) and j < end and (old[i] == old[j] if k == m else new[k] == old[j]):
        i, j, k, m = i + 1, j + 1, k + 1, m + 1
    return Block(i, tuple(old[i:j]), k, tuple(new[k:m]))


def unified(path: str, old: str | None, new: str | None, context: int = 3) -> list[str]:
    """The lines of a unified diff, with their ends; nothing where both are the same. None is no file."""
    if old == new:
        return []
    before, after = lines_of(old or ""), lines_of(new or "")
    lines = [f"diff --git a/{path} b/{path}\n"]
    lines += ["new file mode 100644\n"] if old is None else []
    lines += ["deleted file mode 100644\n"] if new is None else []
    found = blocks(before, after)
    if found:  # a file that is empty has no more to tell
        lines.append("--- /dev/null\n" if old is None else f"--- a/{path}\n")
        lines.append("+++ /dev/null\n" if new is None else f"+++ b/{path}\n")
    for group in _near(found, 2 * context):
        lines += _hunk(group, before, context, len(after))
    return lines


def stretches(group: Sequence[Block], old: Sequence[str], context: int) -> Iterator[tuple[str, str]]:
    """Blocks with the lines around and between them: pairs of ` `, `-` or `+`, and a line."""
    yield from ((" ", line) for line in old[max(0, group[0].old_start - context) : group[0].old_start])
    for number, block in enumerate(group):
        yield from (("-", line) for line in block.old)
        yield from (("+", line) for line in block.new)
        last = number + 1 == len(group)
        end = block.old_end + context if last else group[number + 1].old_start
        yield from ((" ", line) for line in old[block.old_end : end])


def _hunk(group: list[Block], old: list[str], context: int, new_length: int) -> list[str]:
    first, last = group[0], group[-1]
    head, tail = min(context, first.old_start), min(context, len(old) - last.old_end)
    spans = (
        _span(first.old_start - head, last.old_end + tail),
        _span(first.new_start - head, min(last.new_end + tail, new_length)),
    )
    body = [mark + line for mark, line in stretches(group, old, context)]
    whole = [line if line.endswith("\n") else f"{line}\n{_UNENDED}" for line in body]
    return [f"@@ -{spans[0]} +{spans[1]} @@\n", *whole]


def _span(start: int, end: int) -> str:
    """`first,count`; a span of no lines is named by the line before it."""
    length = end - start
    return f"{start + 1 if length else start},{length}"


def _near(found: Sequence[Block], gap: int) -> Iterator[list[Block]]:
    """Blocks in groups: those with at most so many lines between them."""
    group: list[Block] = []
    for block in found:
        if group and block.old_start - group[-1].old_end > gap:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines two lists begin with alike."""
    length = min(len(one), len(other))
    return next((index for index in range(length) if one[index] != other[index]), length)
