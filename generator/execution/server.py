"""The process that has the libraries loaded and forks one child per job.

It is a fresh interpreter with a single thread (a fork of a threaded process may inherit locks that
nobody will release). It reads `Order` lines from its client, answers each with an `Ending` line,
and ends with everything it started when the client goes away.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from generator.execution import child, limits, results
from generator.execution.jobs import OUTPUT, RESULT, Ending, Order, Outcome

_TICK_S = 0.05
"""How often limits are looked at while a job runs."""
_IDLE_TICK_S = 2.0
_GRACE_S = 1.0
"""What a process that overran its time gets between SIGTERM and SIGKILL."""
_OUTPUT_BYTES = 64 << 20
"""Output beyond this is thrown away while the job runs, so that no job fills the disk."""


@dataclass(frozen=True)
class Settings:
    """What the client tells the server on its command line (JSON)."""

    connection: int
    """The server's end of the socket pair."""
    claim: int
    """Holds the lock that says that the run's folder is in use."""
    client: int
    """The client's process id."""
    mark: str
    """NAME=value in the environment of the server and of all that comes from it."""
    preload: tuple[str, ...]
    workers: int


@dataclass
class Running:
    """A job's process."""

    order: Order
    pid: int
    baseline: int
    """`limits.memory` at the fork."""
    started: float
    stopped_for: Outcome | None = None

    @property
    def deadline(self) -> float:
        grace = _GRACE_S if self.stopped_for else 0.0
        return self.started + self.order.job.seconds + grace


class Server:
    """Starts, watches and reaps the processes of jobs."""

    def __init__(self, connection: socket.socket, settings: Settings):
        self._connection = connection
        self._settings = settings
        self._received = b""
        self._waiting: deque[Order] = deque()
        self._running: dict[int, Running] = {}
        self._woken, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._connection, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)

    def serve(self) -> None:
        """Work until the client is gone, then end every process that came from here."""
        signal.signal(signal.SIGCHLD, lambda *_: None)  # so that a child's end interrupts the wait
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        try:
            while self._listen():
                self._reap()
                self._enforce()
                self._start_waiting()
        finally:
            for pid in self._running:
                limits.kill_group(pid)
            limits.kill_marked(self._settings.mark)

    def _listen(self) -> bool:
        """Wait for an order, a child's end or the next tick; False once the client is gone."""
        tick = _TICK_S if self._running else _IDLE_TICK_S
        ready = {descriptor for descriptor, _ in self._poll.poll(tick * 1000)}
        if self._woken.fileno() in ready:
            self._woken.recv(4096)
        if self._connection.fileno() in ready and not self._receive():
            return False
        return os.getppid() == self._settings.client

    def _receive(self) -> bool:
        try:
            data = self._connection.recv(1 << 16)
        except ConnectionError:
            return False
        *lines, self._received = (self._received + data).split(b"\n")
        self._waiting.extend(map(Order.parse, lines))
        return bool(data)

    def _send(self, ending: Ending) -> None:
        with contextlib.suppress(ConnectionError):  # the next _listen sees that the client is gone
            self._connection.sendall(ending.line())

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self._settings.workers:
            order = self._waiting.popleft()
            try:
                self._start(order)
            except OSError as error:
                self._send(Ending(order.number, trouble=f"it could not be started: {error}"))

    def _start(self, order: Order) -> None:
        baseline = limits.memory(os.getpid())
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(order, server)
        self._running[pid] = Running(order, pid, baseline, time.monotonic())

    def _become_child(self, order: Order, server: int) -> NoReturn:
        code = 1
        try:
            os.setsid()
            limits.die_with(server)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            for inherited in (self._connection, self._woken, self._wake):
                inherited.close()
            os.close(self._settings.claim)
            _redirect_output(Path(order.folder, OUTPUT))
            limits.forbid_core_dumps()
            limits.limit_memory(order.job.memory_bytes)
            code = child.run(order.job, Path(order.folder, RESULT))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)  # never back into the server's loop, whatever was raised

    def _reap(self) -> None:
        """Report the jobs whose process ended, and end what those processes left behind."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.wait4(-1, os.WNOHANG))[0]:
                self._ended(*ended)
        for stranger in set(limits.children(os.getpid())) - set(self._running):
            if _group(stranger) not in self._running:
                limits.kill(stranger)

    def _ended(self, pid: int, status: int, usage: object) -> None:
        running = self._running.pop(pid, None)
        if running is None:
            return
        limits.kill_group(pid)  # where orphans are not adopted, nothing else finds what it started
        code = os.waitstatus_to_exitcode(status)
        self._send(
            Ending(
                running.order.number,
                exit_code=code if code >= 0 else None,
                signal=-code if code < 0 else None,
                stopped_for=running.stopped_for,
                wall_s=time.monotonic() - running.started,
                cpu_s=usage.ru_utime + usage.ru_stime,
                peak_rss_bytes=usage.ru_maxrss << (0 if sys.platform == "darwin" else 10),
            )
        )

    def _enforce(self) -> None:
        now = time.monotonic()
        for running in self._running.values():
            _trim(Path(running.order.folder, OUTPUT))
            if now > running.deadline:
                number = signal.SIGKILL if running.stopped_for else signal.SIGTERM
                running.stopped_for = running.stopped_for or Outcome.TIMED_OUT
                limits.kill_group(running.pid, number)
            elif limits.exceeds(running.pid, running.baseline, running.order.job.memory_bytes):
                running.stopped_for = running.stopped_for or Outcome.OUT_OF_MEMORY
                limits.kill_group(running.pid)


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _redirect_output(path: Path) -> None:
    """Send standard output and error, native code's and dumps of stacks too, to a file."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    faulthandler.enable()
    faulthandler.register(signal.SIGTERM, chain=True)  # shows where a job was when its time was up


def _trim(path: Path) -> None:
    """Cut an output file that grew too large to its end; the job, which appends, goes on writing."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _OUTPUT_BYTES:
            end = results.tail(path)
            os.truncate(path, 0)
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{end}\n[some output is left out here]\n")


@contextlib.contextmanager
def _leaving_if_abandoned(connection: socket.socket, client: int) -> Iterator[None]:
    """Watch for the client's end while libraries load: seconds in which nothing is read."""
    poll = select.poll()
    poll.register(connection, 0)  # only the other side's closing is reported

    def look(*_: object) -> None:
        if os.getppid() != client or poll.poll(0):
            os._exit(0)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def main() -> None:
    """Load the libraries, then serve."""
    settings = Settings(**json.loads(sys.argv[1]))
    connection = socket.socket(fileno=settings.connection)
    for descriptor in (settings.connection, settings.claim):
        os.set_inheritable(descriptor, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client decides what ctrl-C means
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    limits.adopt_orphans()
    with _leaving_if_abandoned(connection, settings.client):
        for name in settings.preload:
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the collector would otherwise touch, and so copy, every page in every child
    gc.set_threshold(100_000, 50, 1_000)  # tracing a model makes objects by the million: 15% of an export
    Server(connection, settings).serve()


if __name__ == "__main__":
    main()
