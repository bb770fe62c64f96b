"""Writes what changed, each file whole or not at all; removes what no spec owns any more."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from generator import manifest
from generator.errors import Problem, ProblemsFound, raise_if_any
from generator.manifest import Manifest
from generator.naming import Layout

_TEMPORARY = re.compile(r"\..+\.(?P<pid>\d{1,9})-\d+\.publishing")
_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True)
class Published:
    """What a publish did, as paths below the root, sorted."""

    written: tuple[Path, ...]
    unchanged: tuple[Path, ...]


def publish(files: Mapping[Path, bytes], layout: Layout) -> Published:
    """Bring files (absolute, or below the root) to their new contents, one atomic step per file.

    Those below `generated/` are signed for in the manifest: before, so that a killed run leaves nothing that
    looks like a person's work, and after, when what was there before is no longer ours.
    Raises `ProblemsFound` after trying them all; a file that could not be written is as it was.
    """
    written, unchanged, problems = [], [], []
    targets = {_inside(path, layout.root): content for path, content in files.items()}
    for folder in sorted({layout.manifest.parent, *(target.parent for target in targets)}):
        sweep(folder)
    _sign(layout, targets, Manifest.adding)
    for target, content in sorted(targets.items()):
        try:
            (written if _bring_to(target, content) else unchanged).append(target)
        except OSError as error:
            problems.append(_explained(error, target.relative_to(layout.root), "written"))
    _sign(layout, {target: targets[target] for target in (*written, *unchanged)}, Manifest.settling)
    raise_if_any(problems)
    return Published(_shown(written, layout), _shown(unchanged, layout))


def encode(text: str) -> bytes:
    """Text as it lies on disk: UTF-8, and LF line ends on every system."""
    return text.replace("\r\n", "\n").encode()


def prune(paths: Iterable[Path], layout: Layout) -> tuple[Path, ...]:
    """Remove specs, and files generated from specs; return those that were there, sorted."""
    removed, gone, problems = [], [], []
    for path in sorted(paths):
        home = layout.specs if path.is_relative_to("specs") else layout.generated
        target = _inside(path, home, layout.root)
        try:
            target.unlink()
            removed.append(target)
        except FileNotFoundError:
            gone.append(target)
        except OSError as error:
            problems.append(_explained(error, target.relative_to(layout.root), "removed"))
    forgotten = [path.as_posix() for path in _shown([*removed, *gone], layout)]
    _update(layout, lambda signed: signed.without(forgotten))
    raise_if_any(problems)
    return _shown(removed, layout)


def sweep(folder: Path) -> tuple[Path, ...]:
    """Remove the temporary files that killed runs left in a folder; those of living ones stay.

    A folder that refuses does no harm here; it is told of when a write fails for it.
    """
    removed = []
    with suppress(OSError):
        for path in sorted(folder.glob(".*.publishing")):
            match = _TEMPORARY.fullmatch(path.name)
            if match and not _alive(int(match["pid"])):
                path.unlink()
                removed.append(path)
    return tuple(removed)


def _sign(
    layout: Layout,
    files: Mapping[Path, bytes],
    how: Callable[[Manifest, Mapping[str, str]], Manifest],
) -> None:
    below = {target: content for target, content in files.items() if layout.generated in target.parents}
    signatures = {
        target.relative_to(layout.root).as_posix(): manifest.digest(content)
        for target, content in below.items()
    }
    if signatures:
        _update(layout, lambda signed: how(signed, signatures))


def _update(layout: Layout, change: Callable[[Manifest], Manifest]) -> None:
    """Change the manifest while nobody else does; nothing is written where nothing changes."""
    try:
        with _held(layout.generated):
            before = manifest.read(layout)
            after = change(before)
            if after != before:
                _bring_to(layout.manifest, encode(after.text()))
    except OSError as error:
        shown = layout.manifest.relative_to(layout.root)
        raise ProblemsFound([_explained(error, shown, "written")]) from error


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder against other threads and processes that hold it so; it ends with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _shown(targets: Iterable[Path], layout: Layout) -> tuple[Path, ...]:
    return tuple(target.relative_to(layout.root) for target in targets)


def _inside(path: Path, folder: Path, root: Path | None = None) -> Path:
    """The absolute path, provided that it lies in the folder, whatever `..` or links it holds."""
    absolute = (root or folder) / path
    if (
        not (absolute.parent.resolve() / absolute.name).is_relative_to(folder.resolve())
        or absolute.name == ".."
    ):
        raise ValueError(f"{path} is not inside {folder}")
    return Path(os.path.normpath(absolute))


def _bring_to(target: Path, content: bytes) -> bool:
    """Whether the file had to be written."""
    try:
        if target.read_bytes() == content:
            return False
        mode = target.stat().st_mode & 0o7777
    except FileNotFoundError:
        mode = None
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(target, content, mode)
    return True


def _replace(target: Path, content: bytes, mode: int | None) -> None:
    """Write beside the target, then rename over it: whoever looks, whenever, sees a whole file.

    The rename is not flushed to the device: a lost file is generated again, so speed wins.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.publishing")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _explained(error: OSError, shown: Path, verb: str) -> Problem:
    message = f"cannot be {verb}: {error.strerror}"
    if error.errno in _FULL:
        return Problem(shown.as_posix(), None, message, "free some disk space; the file is as it was")
    if error.errno in _READ_ONLY:
        return Problem(shown.as_posix(), None, message, f'make "{shown.parent.as_posix()}" writable')
    return Problem(shown.as_posix(), None, message)
