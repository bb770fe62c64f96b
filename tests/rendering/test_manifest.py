"""What the toolchain wrote, in the form of sha256sum; what a merge or a kill leaves of it is still right."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.manifest import Author, Manifest, digest, parse, read
from generator.naming import Layout
from generator.publish import publish

ATTRIBUTES = Path(__file__).parents[2] / ".gitattributes"
NAMES = st.from_regex(r"generated/[a-z]{1,3}/[a-zA-Z0-9._-]{1,8}", fullmatch=True)
WRITTEN = st.dictionaries(NAMES, st.binary(max_size=4).map(digest), max_size=6)


@given(WRITTEN, WRITTEN, WRITTEN)
def test_lines_are_sorted_read_back_and_say_what_was_written(first, second, third):
    found = Manifest().settling(first).adding(second).settling(third)
    assert parse(found.text()) == found
    assert list(found.lines) == sorted(found.lines, key=lambda line: (line[66:], line))
    for path in {**first, **second, **third}:
        both = {written[path] for written in (first, second) if path in written}
        assert found.digests[path] == ({third[path]} if path in third else both)


@given(WRITTEN, st.sets(NAMES))
def test_forgetting_leaves_the_others(written, gone):
    left = Manifest().settling(written).without(gone)
    assert left.digests == {path: {one} for path, one in written.items() if path not in gone}


@given(st.text())
def test_any_text_is_a_manifest_and_what_it_says_is_stable(text):
    assert parse(parse(text).text()) == parse(text)


def test_who_wrote_a_file():
    signed = Manifest().settling({"generated/a": digest(b"1")}).adding({"generated/a": digest(b"2")})
    assert [signed.author("generated/a", content) for content in (b"1", b"2", b"3")] == [
        Author.OURS,
        Author.OURS,
        Author.UNKNOWN,
    ]
    settled = signed.settling({"generated/a": digest(b"2")})
    assert [settled.author("generated/a", content) for content in (b"1", b"2")] == [Author.HAND, Author.OURS]
    assert signed.author("generated/b", b"1") is Author.UNKNOWN


def test_sha256sum_agrees(layout: Layout):
    program = shutil.which("sha256sum")
    if program is None:
        pytest.skip("there is no sha256sum here")
    publish({Path("generated/tests/a.py"): b"1", Path("generated/b.md"): b""}, layout)
    done = subprocess.run([program, "-c", "SHA256SUMS"], cwd=layout.generated, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "b.md: OK\ntests/a.py: OK\n")


def git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *words], cwd=root, capture_output=True, text=True)


def test_after_a_merge_of_two_branches_what_either_wrote_is_ours(layout: Layout):
    """Both regenerated the same file; the one that the person takes is ours, whichever that is."""
    root, path = layout.root, Path("generated/a")
    shutil.copy(ATTRIBUTES, root)
    git(root, "init", "-q", "-b", "main")
    for branch, content in (("main", b"0\n"), ("one", b"1\n"), ("two", b"2\n")):
        git(root, "checkout", "-q", "main")
        git(root, "checkout", "-q", "-b", branch)
        publish({path: content, Path(f"generated/of {branch}"): content}, layout)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", branch)
    assert "generated/a" in git(root, "merge", "one").stdout
    assert git(root, "status", "--short", "generated/SHA256SUMS").stdout[:2] in ("M ", "MM")
    signed = read(layout)
    authors = [signed.author("generated/a", content) for content in (b"1\n", b"2\n", b"0\n", b"<<<<")]
    assert authors == [Author.OURS, Author.OURS, Author.UNKNOWN, Author.UNKNOWN]
    assert {"generated/of main", "generated/of one", "generated/of two"} < signed.digests.keys()
    publish({path: b"3\n"}, layout)
    assert read(layout).digests["generated/a"] == {digest(b"3\n")}
