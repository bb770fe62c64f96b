"""What changed is written, whole or not at all; nothing good is lost, nothing outside touched."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from generator import manifest
from generator.errors import ProblemsFound
from generator.manifest import Author
from generator.naming import Layout
from generator.publish import Published, encode, prune, publish, sweep

FORK = multiprocessing.get_context("fork")
ONE, TWO = Path("generated/skillsets/hf_a.py"), Path("generated/skillsets/hf_b.py")


MANIFEST = Path("generated/SHA256SUMS")


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob(".*.publishing"))


def test_only_what_changed_is_written(layout: Layout):
    assert publish({TWO: b"2", ONE: b"1"}, layout) == Published((ONE, TWO), ())
    before = (layout.root / ONE).stat().st_mtime_ns
    assert publish({layout.root / ONE: b"1", TWO: b"3"}, layout) == Published((TWO,), (ONE,))
    assert (layout.root / ONE).stat().st_mtime_ns == before
    assert (layout.root / TWO).read_bytes() == b"3"
    assert leftovers(layout.root) == []


def test_the_mode_is_kept_and_the_umask_obeyed(layout: Layout):
    mask = os.umask(0o027)
    try:
        publish({ONE: b"1", TWO: b"1"}, layout)
        (layout.root / ONE).chmod(0o755)
        publish({ONE: b"2", TWO: b"2"}, layout)
    finally:
        os.umask(mask)
    assert [(layout.root / path).stat().st_mode & 0o777 for path in (ONE, TWO)] == [0o755, 0o640]


def test_text_is_utf8_with_plain_line_ends():
    assert encode("é\r\nb\n") == b"\xc3\xa9\nb\n"


@pytest.mark.skipif(os.geteuid() == 0 and not os.access("/dev/full", os.W_OK), reason="needs /dev/full")
def test_a_full_disk_loses_nothing_and_the_rest_is_written(layout: Layout, monkeypatch):
    publish({ONE: b"old", TWO: b"old"}, layout)
    temporary = Path.open

    def full_for_one(path: Path, *arguments, **named):
        if path.name.startswith(".hf_a.py"):
            path.symlink_to("/dev/full")
        return temporary(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", full_for_one)
    with pytest.raises(ProblemsFound) as caught:
        publish({ONE: b"new", TWO: b"new"}, layout)
    said = "cannot be written: No space left on device; free some disk space; the file is as it was"
    assert str(caught.value) == f"{ONE}: {said}"
    assert (layout.root / ONE).read_bytes() == b"old" and (layout.root / TWO).read_bytes() == b"new"
    assert leftovers(layout.root) == []


def _publish_unprivileged(layout: Layout, answer: Connection) -> None:
    """In a child: give root's powers up first, so that the folder's mode counts."""
    if os.geteuid() == 0:
        os.setuid(65534)
    try:
        answer.send(str(publish({ONE: b"new"}, layout)))
    except ProblemsFound as found:
        answer.send(str(found))


@pytest.mark.parametrize(("folder", "file"), [(ONE.parent, ONE), (MANIFEST.parent, MANIFEST)])
def test_a_read_only_folder_is_told(layout: Layout, tmp_path: Path, folder: Path, file: Path):
    publish({ONE: b"old"}, layout)
    temporary = Path(tempfile.gettempdir())
    for above in (tmp_path, *tmp_path.parents):
        if temporary in above.parents:
            above.chmod(0o755)
    for below in (layout.generated, layout.root / ONE.parent):
        below.chmod(0o777)
    folder = layout.root / folder
    folder.chmod(0o555)
    ours, theirs = multiprocessing.Pipe()
    child = FORK.Process(target=_publish_unprivileged, args=(layout, theirs))
    child.start()
    child.join(20)
    folder.chmod(0o755)
    assert ours.poll()
    assert ours.recv() == f'{file}: cannot be written: Permission denied; make "{file.parent}" writable'
    assert (layout.root / ONE).read_bytes() == b"old"


def test_a_folder_in_the_way_is_told(layout: Layout):
    (layout.root / ONE).mkdir(parents=True)
    with pytest.raises(ProblemsFound, match="hf_a.py: cannot be written: Is a directory"):
        publish({ONE: b"1", TWO: b"1"}, layout)
    assert (layout.root / TWO).read_bytes() == b"1"


@pytest.mark.parametrize("path", ["../x", "generated/../../x", "/etc/x", "generated/.."])
def test_nothing_outside_is_touched(layout: Layout, path: str):
    for attempt in (
        lambda: publish({Path(path): b"1"}, layout),
        lambda: prune([Path(path)], layout),
    ):
        with pytest.raises(ValueError, match="is not inside"):
            attempt()


def test_a_link_that_leads_out_is_not_followed(layout: Layout, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").write_text("theirs")
    layout.generated.mkdir()
    (layout.generated / "link").symlink_to(tmp_path / "out")
    with pytest.raises(ValueError, match="is not inside"):
        prune([Path("generated/link/x")], layout)
    (layout.generated / "x").symlink_to(tmp_path / "out" / "x")
    publish({Path("generated/x"): b"ours"}, layout)
    assert (tmp_path / "out" / "x").read_text() == "theirs"


def test_prune_removes_what_is_there_and_lists_it(layout: Layout):
    publish({ONE: b"1", Path("generator/x.py"): b"1"}, layout)
    assert prune([TWO, layout.root / ONE], layout) == (ONE,)
    assert prune([ONE], layout) == ()
    with pytest.raises(ValueError, match="is not inside"):
        prune([Path("generator/x.py")], layout)
    assert (layout.root / "generator/x.py").exists()


def test_leftovers_of_the_dead_go_and_those_of_the_living_stay(layout: Layout):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folder = (layout.root / ONE).parent
    folder.mkdir(parents=True)
    for name in (
        f".hf_a.py.{dead.pid}-1.publishing",
        f".hf_a.py.{os.getpid()}-1.publishing",
        ".mine.publishing",
    ):
        (folder / name).write_text("half")
    (folder / TWO.name).write_bytes(b"1")
    publish({TWO: b"1"}, layout)
    assert leftovers(folder) == [f".hf_a.py.{os.getpid()}-1.publishing", ".mine.publishing"]
    assert sweep(folder) == ()


def _publish_for_ever(root: str) -> None:
    for number in range(10**9):
        publish({ONE: bytes([65 + number % 26]) * 3_000_000}, Layout(Path(root)))


def test_a_kill_at_any_moment_leaves_a_whole_file(layout: Layout):
    publish({ONE: b"A" * 3_000_000}, layout)
    for number in range(15):
        child = FORK.Process(target=_publish_for_ever, args=(str(layout.root),))
        child.start()
        time.sleep(0.02 + number * 0.003)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        content = (layout.root / ONE).read_bytes()
        assert len(content) == 3_000_000 and len(set(content)) == 1
        assert manifest.read(layout).author(ONE.as_posix(), content) is Author.OURS
    publish({ONE: b"end"}, layout)
    assert leftovers(layout.root) == []


def test_two_writers_of_one_folder_leave_each_other_alone(layout: Layout):
    child = FORK.Process(target=_publish_for_ever, args=(str(layout.root),))
    child.start()
    try:
        for number in range(300):
            publish({TWO: str(number).encode()}, layout)
            assert child.is_alive()
    finally:
        child.kill()
        child.join()
    assert (layout.root / TWO).read_bytes() == b"299"


def test_what_is_written_is_signed_for_and_what_it_replaces_is_not(layout: Layout):
    publish({ONE: b"1", TWO: b"1", Path("specs/x.yaml"): b"1"}, layout)
    publish({ONE: b"2"}, layout)
    (layout.root / TWO).write_bytes(b"by hand")
    signed = manifest.read(layout)
    assert [signed.author(ONE.as_posix(), content) for content in (b"1", b"2")] == [Author.HAND, Author.OURS]
    assert signed.author(TWO.as_posix(), b"by hand") is Author.HAND
    assert set(signed.digests) == {ONE.as_posix(), TWO.as_posix()}
    prune([ONE, TWO], layout)
    assert layout.manifest.read_bytes() == b""


def test_a_file_that_is_as_it_should_be_already_is_signed_for(layout: Layout):
    (layout.root / ONE).parent.mkdir(parents=True)
    (layout.root / ONE).write_bytes(b"1")
    assert publish({ONE: b"1"}, layout) == Published((), (ONE,))
    assert manifest.read(layout).author(ONE.as_posix(), b"1") is Author.OURS


def test_what_could_not_be_written_is_still_ours(layout: Layout):
    publish({ONE: b"1"}, layout)
    (layout.root / TWO).mkdir()
    with pytest.raises(ProblemsFound):
        publish({ONE: b"2", TWO: b"2"}, layout)
    signed = manifest.read(layout)
    assert signed.author(ONE.as_posix(), b"2") is Author.OURS
    assert signed.author(ONE.as_posix(), b"1") is Author.HAND


def _publish_some(root: str, first: int) -> None:
    def one(number: int) -> None:
        publish({Path(f"generated/{number}"): str(number).encode()}, Layout(Path(root)))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(one, range(first, first + 40)))


def test_threads_and_processes_lose_no_line_of_each_other(layout: Layout):
    children = [FORK.Process(target=_publish_some, args=(str(layout.root), first)) for first in (0, 40, 80)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    found = {path.name: manifest.digest(path.read_bytes()) for path in layout.generated.glob("[0-9]*")}
    assert len(found) == 120
    assert manifest.read(layout) == manifest.Manifest().settling(found)
