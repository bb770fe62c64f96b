"""Diffs of any two texts: every line is told of, and git applies what is printed."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.review.texts import blocks, lines_of, unified
from tests.review.with_git import git

# Few different lines, so that many are alike and diffs are ambiguous.
LINES = st.lists(st.sampled_from(["a", "b", "", "  c", "}", "\x0cform feed", "-- a", "++ b"]), max_size=12)
TEXTS = st.builds(lambda lines, ended: "\n".join(lines) + "\n" * ended, LINES, st.booleans())


@given(TEXTS, TEXTS)
@settings(max_examples=400)
def test_blocks_lead_from_one_text_to_the_other(old: str, new: str):
    before, after = lines_of(old), lines_of(new)
    made, at = [], 0
    for block in blocks(before, after):
        assert tuple(before[block.old_start : block.old_end]) == block.old
        assert tuple(after[block.new_start : block.new_end]) == block.new
        assert block.old or block.new
        made += [*before[at : block.old_start], *block.new]
        at = block.old_end
    assert "".join([*made, *before[at:]]) == new


@given(TEXTS, LINES, TEXTS)
def test_lines_that_came_are_one_block_wherever_they_stand(head: str, came: list[str], tail: str):
    head, text = head + "\n", "".join(line + "\n" for line in came)
    found = blocks(lines_of(head + tail), lines_of(head + text + tail))
    assert sum(len(block.new) for block in found) == len(came)
    assert not any(block.old for block in found)
    assert len(found) == bool(came)


@given(old=st.none() | TEXTS, new=st.none() | TEXTS, context=st.integers(0, 4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_git_applies_it(tmp_path: Path, old: str | None, new: str | None, context: int):
    file = tmp_path / "a.txt"
    file.unlink(missing_ok=True)
    if old is not None:
        file.write_bytes(old.encode())
    patch = "".join(unified("a.txt", old, new, context))
    assert bool(patch) == (old != new)
    if patch:
        git(tmp_path, "apply", "--unidiff-zero", "-", text=patch)
        assert (file.read_bytes().decode() if file.exists() else None) == new


def test_an_edit_at_the_end_of_two_unlike_files_comes_out_alike():
    """Where a line that goes is like one after it, either could be said to go: always the last."""
    one = blocks(["x\n", ")\n", "\n", "f(\n", ")\n"], ["x\n", ")\n"])
    other = blocks(["y, x)\n", "\n", "f(\n", ")\n"], ["y, x)\n"])
    assert one[0].old == other[0].old == ("\n", "f(\n", ")\n")
