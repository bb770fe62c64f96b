"""One run at a time in a checkout: the second waits, and says so."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def run_lock(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the checkout's run lock.

    A record lock (`lockf`) rather than `flock`: it dies with this very process, and forked children, which
    may outlive a kill -9 of their parent by a moment, do not inherit it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(descriptor, say)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, say: Callable[[str], None]) -> None:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        say(f"another run (process {holder}) is at work in this checkout: waiting for it to finish")
        fcntl.lockf(descriptor, fcntl.LOCK_EX)
