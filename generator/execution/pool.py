"""Runs jobs in forked children of a server process, each within limits, and says what came of each.

    with Pool(layout.cache / "pool") as pool:
        result = pool.run(Job("bert", "module:function", {}, 60, 2 << 30, "doit validate:bert"))

`run` may be called from several threads. Whatever a job does costs that job alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path

from generator.execution import limits, results
from generator.execution.jobs import Ending, Job, JobResult, Order, Outcome
from generator.execution.server import Settings

__all__ = ["Job", "JobResult", "Outcome", "Pool"]

PRELOAD = ("numpy", "pytest", "torch", "transformers")
_MARK = "GENERATOR_POOL"
_LOG = "server.log"
_CLOSED = "the pool was closed"
_END_S = 10.0
"""What the server gets to end what it started, before it is killed itself."""
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_UNLESS_SET = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


class Pool:
    """A context manager; the server starts with the first job, and again after it died."""

    def __init__(self, folder: Path, preload: tuple[str, ...] = PRELOAD, workers: int | None = None):
        """`folder` is for files of running jobs; `workers` run at once (default: one a core)."""
        self._folder = folder.resolve()
        self._preload = preload
        self.workers = workers or os.cpu_count() or 1
        self._server: _Server | None = None
        self._closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, job: Job) -> JobResult:
        """Run a job to its end, whatever that is. Thread-safe; waits for a free worker."""
        while (server := self._living_server()) is not None:
            with contextlib.suppress(_Gone):
                return server.run(job)
        return results.result(job, Ending(0, trouble=_CLOSED), self._folder)

    def close(self) -> None:
        """Kill what still runs and end the server. Jobs that are given later are not run."""
        with self._lock:
            self._closed = True
            if self._server is not None:
                self._server.close()

    def _living_server(self) -> _Server | None:
        with self._lock:
            if self._closed:
                return None
            if self._server is None or self._server.gone:
                self._server = _Server(self._folder, self._preload, self.workers)
            return self._server


class _Gone(Exception):
    """The server ended before it was given the job."""


class _Server:
    """The client's view of one server process, from its start to its end."""

    def __init__(self, pool: Path, preload: tuple[str, ...], workers: int):
        self.gone = False
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[Order, Future[JobResult]]] = {}
        self._folder, self._claim = _claim_folder(pool)
        self._mark = f"{_MARK}={self._folder}"
        self._connection, theirs = socket.socketpair()
        with theirs:
            settings = Settings(theirs.fileno(), self._claim, os.getpid(), self._mark, preload, workers)
            self._process = self._launch(settings)
        self._reader = threading.Thread(target=self._read, name="pool", daemon=True)
        self._reader.start()

    def _launch(self, settings: Settings) -> subprocess.Popen[bytes]:
        module = "generator.execution.server"
        with (self._folder / _LOG).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", module, json.dumps(asdict(settings))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(self._folder),
                pass_fds=(settings.connection, settings.claim),
                start_new_session=True,  # ctrl-C reaches the client only, and its end the server
            )

    def run(self, job: Job) -> JobResult:
        """Give the job to the server and wait for its result; `_Gone` if it cannot be given."""
        number = next(self._numbers)
        order = Order(number, str(self._folder / f"job-{number}"), job)
        line = order.line()
        future: Future[JobResult] = Future()
        with self._lock:
            if self.gone:
                raise _Gone
            Path(order.folder).mkdir()
            self._waiting[number] = (order, future)
            with contextlib.suppress(OSError):  # the reader sees the same, and answers for it
                self._connection.sendall(line)
        return future.result()

    def _read(self) -> None:
        """Hand out results until the server is gone, then tell all that wait for one."""
        with contextlib.suppress(OSError), self._connection.makefile("rb") as lines:
            for line in lines:
                self._answer(Ending.parse(line))
        with self._lock:
            self.gone = True
        self._bury()
        for number in list(self._waiting):
            self._answer(Ending(number, trouble=self._obituary()))
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._claim)

    def _answer(self, ending: Ending) -> None:
        order, future = self._waiting.pop(ending.number)
        folder = Path(order.folder)
        try:
            future.set_result(results.result(order.job, ending, folder))
        except Exception as error:  # raised where the job was given, not in the reader's thread
            future.set_exception(error)
        shutil.rmtree(folder, ignore_errors=True)

    def _bury(self) -> None:
        """Make sure that nothing of the server is left."""
        self._connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_END_S)
        self._process.kill()
        self._process.wait()
        limits.kill_marked(self._mark)

    def _obituary(self) -> str:
        code = self._process.returncode
        if code == 0:
            return _CLOSED
        if code < 0:
            return f"the pool's server was killed by {results.signal_name(-code)}"
        last_words = results.tail(self._folder / _LOG).strip().rpartition("\n")[2]
        return f"the pool's server ended with exit code {code}: {last_words or 'no last words'}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._reader.join()


def _environment(folder: Path) -> dict[str, str]:
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    threads = dict.fromkeys(_ONE_THREAD, "1")  # a library's thread would not survive the fork
    return {**_UNLESS_SET, **os.environ, **threads, "PYTHONPATH": path, _MARK: str(folder)}


def _claim_folder(pool: Path) -> tuple[Path, int]:
    """A new folder, locked while client or server lives; removes the folders of the dead."""
    pool.mkdir(parents=True, exist_ok=True)
    with _locked(pool):
        for folder in pool.iterdir():
            _remove_if_dead(folder)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=pool))
        claim = os.open(folder, os.O_RDONLY)
        fcntl.flock(claim, fcntl.LOCK_EX)
    return folder, claim


def _remove_if_dead(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError, BlockingIOError), _locked(folder, fcntl.LOCK_NB):
        limits.kill_marked(f"{_MARK}={folder}")
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, how: int = 0) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(descriptor)
