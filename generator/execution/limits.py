"""What the kernel is asked about processes: memory, descendants, and who dies with whom.

Linux offers all of it. Elsewhere (no /proc, no prctl) these functions do what POSIX allows: time
limits and process groups work, memory limits and the search for strays do nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_LINUX = sys.platform.startswith("linux")
_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_RESERVED_BYTES = 512 << 20
"""What a process may map beyond its memory limit: thread stacks, arenas, mostly never touched."""


def die_with(parent: int) -> None:
    """Have this process killed when its parent ends, however that ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel was told
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends: none gets out of sight."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if _LINUX:
        ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def limit_memory(own_bytes: int) -> None:
    """Make allocations fail once this process has mapped `own_bytes` more than it has now.

    RLIMIT_DATA counts private writable mappings, touched or not, but none of the address space that
    is only reserved, which is what makes RLIMIT_AS unusable next to thread arenas or a GPU driver.
    """
    if _LINUX:
        mapped = _status_bytes(os.getpid(), "VmData:")
        _set_soft_limit(resource.RLIMIT_DATA, mapped + own_bytes + _RESERVED_BYTES)
        with contextlib.suppress(OSError):  # not fatal: whom the kernel kills first when short itself
            Path("/proc/self/oom_score_adj").write_text("1000")


def lift_memory_limit() -> None:
    """Give back the room to report that there was no room."""
    _set_soft_limit(resource.RLIMIT_DATA, resource.getrlimit(resource.RLIMIT_DATA)[1])


def forbid_core_dumps() -> None:
    _set_soft_limit(resource.RLIMIT_CORE, 0)


def _set_soft_limit(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (soft, hard))


def memory(pid: int) -> int:
    """Bytes of one process's memory that no file backs, counting pages shared with its parent."""
    return _status_bytes(pid, "RssAnon:", "RssShmem:")


def exceeds(pid: int, baseline: int, limit: int) -> bool:
    """Whether a process and its descendants use over `limit` bytes more than `baseline`.

    The sum over several processes counts shared pages more than once; the proportional sizes do
    not, but cost the kernel a walk over every page: they are asked for when the sum is too high.
    """
    family = [pid, *descendants(pid)]
    if sum(map(memory, family)) - baseline <= limit:
        return False
    return len(family) == 1 or sum(map(_proportional, family)) - baseline > limit


def _proportional(pid: int) -> int:
    return _fields(_PROC / str(pid) / "smaps_rollup", "Pss_Anon:", "Pss_Shmem:")


def _status_bytes(pid: int, *keys: str) -> int:
    return _fields(_PROC / str(pid) / "status", *keys)


def _fields(path: Path, *keys: str) -> int:
    """The sum of some `Key:  123 kB` lines, in bytes; 0 once the process is gone."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(keys)) << 10


def descendants(pid: int) -> list[int]:
    """The living children of a process, theirs, and so on."""
    found = children(pid)
    return found + [grandchild for child in found for grandchild in descendants(child)]


def children(pid: int) -> list[int]:
    """The children of a process (of all its threads), zombies included."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found


def kill_group(leader: int, number: int = signal.SIGKILL) -> None:
    """Signal a process and all that share its group, if they are still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_marked(mark: str, seconds: float = 5.0) -> None:
    """Kill every other process with `mark` (NAME=value) in its environment, until none is left."""
    end = time.monotonic() + seconds
    while (found := list(_marked(mark))) and time.monotonic() < end:
        for pid in found:
            kill(pid)
        time.sleep(0.01)


def _marked(mark: str) -> Iterator[int]:
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or another user's
            environment = (folder / "environ").read_bytes().split(b"\0")
            if os.fsencode(mark) in environment and folder.name != str(os.getpid()):
                yield int(folder.name)
