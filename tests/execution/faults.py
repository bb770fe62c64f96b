"""Functions for jobs of the pool that misbehave, each in one way."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from generator.execution import limits

HUGE = 30 << 30


def echo(**arguments: object) -> dict[str, object]:
    return arguments


def process() -> dict[str, object]:
    """Facts about the process that the job runs in."""
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "parent_threads": len(list(Path(f"/proc/{os.getppid()}/task").iterdir())),
        "parent_anonymous_kb": _status(os.getppid(), "RssAnon:"),
        "parent_descriptors": len(list(Path(f"/proc/{os.getppid()}/fd").iterdir())),
        "parent_children": len(limits.children(os.getppid())),
        "descriptors": sorted(int(f.name) for f in Path("/proc/self/fd").iterdir())[:-1],
        "modules": sorted(set(sys.modules) & {"numpy", "torch", "transformers", "pytest"}),
        "environment": dict(os.environ),
    }


def _status(pid: int, key: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1])


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def leave(code: int) -> None:
    os._exit(code)


def leave_politely(code: object) -> None:
    sys.exit(code)


def raise_error(text: str) -> None:
    raise ValueError(text)


def interrupt() -> None:
    raise KeyboardInterrupt


def not_json() -> object:
    return {"a": object()}


def sleep(seconds: float = 3600) -> float:
    time.sleep(seconds)
    return seconds


def nap(duration: float) -> tuple[float, float]:
    start = time.monotonic()
    time.sleep(duration)
    return start, time.monotonic()


def ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(1)


def stuck_in_native_code() -> None:
    """Holds the interpreter's lock, so Python's own signal handlers never run."""
    ctypes.PyDLL(None).sleep(3600)


def hold(size: int) -> int:
    return len(b"x" * size)


def untouched_bytes(size: int = HUGE) -> int:
    return len(bytearray(size))


def untouched_numpy() -> int:
    import numpy

    return numpy.empty(HUGE, dtype="uint8").nbytes


def touched_numpy() -> int:
    import numpy

    return numpy.ones(HUGE // 8).nbytes


def touched_piece_by_piece() -> int:
    pieces = []
    while len(pieces) << 20 < HUGE:
        pieces.append(b"x" * (1 << 20))
    return len(pieces)


def touched_torch() -> int:
    import torch

    return torch.ones(HUGE // 4).nbytes


def touched_shared_memory(size: int) -> int:
    """Shared mappings are not under the kernel's limit for data; only watching finds them."""
    shared = mmap.mmap(-1, size)
    for page in range(0, size, mmap.PAGESIZE):
        shared[page] = 1
    time.sleep(3600)
    return size


def spread_over_children(count: int, size: int) -> None:
    """No process uses much, all of them together do."""
    for _ in range(count):
        if os.fork() == 0:
            held = b"x" * size
            time.sleep(3600)
            os._exit(len(held) & 1)
    time.sleep(3600)


def share_with_children(count: int, size: int) -> int:
    """Every process holds the same pages: used once, however often they are mapped."""
    held = b"x" * size
    children = [os.fork() for _ in range(count)]
    if 0 in children:
        time.sleep(1)
        os._exit(0)
    for child in children:
        os.waitpid(child, 0)
    return len(held)


def bad_alloc() -> None:
    """What native code does that runs out of memory."""
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def print_much(megabytes: int) -> None:
    line = "x" * 99
    for _ in range(megabytes):
        print("\n".join([line] * 10_000))
    print("the last line")


def print_for_ever() -> None:
    while True:
        os.write(1, (b"x" * 99 + b"\n") * 10_000)
        time.sleep(0.002)


def native_output() -> None:
    print("from python ☃")
    os.system("echo from a shell; echo from its standard error >&2")
    os.write(1, b"not \xff utf-8\n")


def garbage_for_result() -> None:
    """Write nonsense where the answer belongs, and leave as if all was well."""
    output = Path("/proc/self/fd/1").readlink()
    output.with_name("result.json").write_bytes(b"\xff{garbage")
    os._exit(0)


def list_for_result() -> None:
    output = Path("/proc/self/fd/1").readlink()
    output.with_name("result.json").write_text("[1]")
    os._exit(0)


def linger(own_session: bool, marker: str, then: str = "return") -> int:
    """Leave a grandchild behind that would live for an hour."""
    code = "import time; time.sleep(3600)"
    child = subprocess.Popen([sys.executable, "-c", code, marker], start_new_session=own_session)
    if then == "crash":
        os.abort()
    if then == "sleep":
        time.sleep(3600)
    return child.pid


def threads_left() -> str:
    """A thread that never ends does not keep the process."""
    threading.Thread(target=time.sleep, args=(3600,)).start()
    return "returned"


def close_output() -> str:
    sys.stdout.close()
    os.close(1)
    os.close(2)
    return "returned"


def stop_itself() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def kill_server() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(3600)


def torch_sum(size: int) -> float:
    import torch

    return float((torch.ones(size, size) @ torch.ones(size, size)).sum())
