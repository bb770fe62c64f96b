"""Whoever of client, server and jobs is killed, and when: nothing is left running, nobody waits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import faults
import pytest

from generator.execution.pool import Job, JobResult, Outcome, Pool

MIB = 1 << 20
ROOT = Path(__file__).parents[2]
CLIENT = """
import sys, threading
from pathlib import Path
from generator.execution.pool import Job, Pool
folder, preload, marker = sys.argv[1:]

def main():
    jobs = [("sleep", {}), ("ignore_sigterm", {})]
    jobs += [("linger", {"own_session": own, "marker": marker, "then": "sleep"}) for own in (0, 1)]
    with Pool(Path(folder), tuple(filter(None, [preload])), workers=4) as pool:
        for function, arguments in jobs:
            job = Job(function, "faults:" + function, arguments, 600, 1 << 30, "true")
            threading.Thread(target=pool.run, args=(job,)).start()
        print("started", flush=True)
        threading.Event().wait()

main()
"""


def job(function: str, **arguments: object) -> Job:
    name = f"{faults.__name__}:{function}"
    return Job(function, name, arguments, 60, 300 * MIB, f"doit validate:{function}")


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Marked:
    """The living processes that have a word of their own in their environment."""

    def __init__(self) -> None:
        self.word = uuid.uuid4().hex

    def __call__(self) -> list[int]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.word.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return found


@pytest.fixture
def marked() -> Iterator[Marked]:
    marked = Marked()
    yield marked
    for pid in marked():
        os.kill(pid, signal.SIGKILL)


def client(folder: Path, marked: Marked, preload: str = "") -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent), str(folder.parent)])
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(folder), preload, marked.word],
        env={**os.environ, "PYTHONPATH": path, "A_WORD": marked.word},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def server_of(process: subprocess.Popen[str], marked: Marked) -> int:
    """The process that the client started itself."""
    for pid in marked():
        if f"PPid:\t{process.pid}\n" in Path(f"/proc/{pid}/status").read_text():
            return pid
    raise AssertionError("no server")


ALL = 1 + 1 + 4 + 2
"""Client, server, four jobs and the two processes that they started."""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_client(tmp_path: Path, marked: Marked, number: int) -> None:
    process = client(tmp_path / "pool", marked)
    wait_for(lambda: len(marked()) == ALL)
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    wait_for(lambda: not marked(), seconds=5)
    assert "execution/server.py" not in errors
    assert "execution/child.py" not in errors


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
def test_nothing_outlives_a_client_killed_at_any_moment(tmp_path: Path, marked: Marked, delay: float) -> None:
    process = client(tmp_path / "pool", marked)
    assert process.stdout is not None and process.stdout.readline() == "started\n"
    time.sleep(delay)
    process.kill()
    process.communicate(timeout=10)
    wait_for(lambda: not marked(), seconds=5)


def test_nothing_outlives_a_client_killed_while_libraries_load(tmp_path: Path, marked: Marked) -> None:
    (tmp_path / "slow_to_load.py").write_text("import time\ntime.sleep(60)\n")
    process = client(tmp_path / "pool", marked, preload="slow_to_load")
    wait_for(lambda: len(marked()) == 2)
    time.sleep(0.5)
    process.kill()
    process.communicate(timeout=10)
    wait_for(lambda: not marked(), seconds=5)


def test_what_two_murders_at_once_leave_is_ended_by_the_next_pool(tmp_path: Path, marked: Marked) -> None:
    process = client(tmp_path / "pool", marked)
    wait_for(lambda: len(marked()) == ALL)
    server = server_of(process, marked)
    process.send_signal(signal.SIGSTOP)  # so that it cannot tidy up after its server
    os.kill(server, signal.SIGKILL)
    process.kill()
    process.communicate(timeout=10)
    wait_for(lambda: len(marked()) == 2)  # the jobs die with the server; not what they started
    with Pool(tmp_path / "pool", preload=()) as pool:
        assert pool.run(job("echo")).outcome is Outcome.FINISHED
        wait_for(lambda: not marked(), seconds=5)
    assert list((tmp_path / "pool").iterdir()) == []


def in_thread(pool: Pool, given: Job) -> Callable[[], JobResult]:
    """Run a job in a thread; what is returned waits for its result."""
    results: list[JobResult] = []
    thread = threading.Thread(target=lambda: results.append(pool.run(given)))
    thread.start()

    def result() -> JobResult:
        thread.join(timeout=15)
        return results[0]

    return result


def test_a_server_that_dies_is_reported_and_replaced(
    tmp_path: Path, marked: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_WORD", marked.word)
    with Pool(tmp_path / "pool", preload=(), workers=4) as pool:
        waiting = [
            in_thread(pool, job("linger", own_session=own, marker=marked.word, then="sleep"))
            for own in (False, True)
        ]
        wait_for(lambda: len(marked()) == 5)
        killer = pool.run(job("kill_server"))
        for result in [killer, *(wait() for wait in waiting)]:
            assert result.outcome is Outcome.CRASHED
            assert "the pool's server was killed by SIGKILL" in result.message
            assert f"run it alone: doit validate:{result.name}" in result.message
        wait_for(lambda: not marked(), seconds=5)
        assert pool.run(job("echo", a=1)).value == {"a": 1}
    assert marked() == []
    assert list((tmp_path / "pool").iterdir()) == []


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with Pool(tmp_path, preload=("no_such_library",)) as pool:
        for _ in range(2):
            result = pool.run(job("echo"))
            assert result.outcome is Outcome.CRASHED
            assert "ModuleNotFoundError: No module named 'no_such_library'" in result.message


@pytest.mark.parametrize("own_session", [False, True])
@pytest.mark.parametrize("then", ["return", "crash"])
def test_what_a_job_started_ends_with_it(
    tmp_path: Path,
    marked: Marked,
    monkeypatch: pytest.MonkeyPatch,
    own_session: bool,
    then: str,
) -> None:
    monkeypatch.setenv("A_WORD", marked.word)
    with Pool(tmp_path, preload=()) as pool:
        result = pool.run(job("linger", own_session=own_session, marker=marked.word, then=then))
        assert result.outcome is (Outcome.FINISHED if then == "return" else Outcome.CRASHED)
        wait_for(lambda: len(marked()) == 1, seconds=5)  # the server


def test_closing_ends_what_runs_and_refuses_what_comes(tmp_path: Path) -> None:
    pool = Pool(tmp_path / "pool", preload=())
    waiting = in_thread(pool, job("sleep"))
    wait_for(lambda: list((tmp_path / "pool").glob("run-*/job-0/output")))
    start = time.monotonic()
    pool.close()
    assert time.monotonic() - start < 5
    for result in (waiting(), pool.run(job("echo"))):
        assert result.outcome is Outcome.CRASHED
        assert "the pool was closed" in result.message
    assert list((tmp_path / "pool").iterdir()) == []


def test_a_pool_that_ran_nothing_starts_nothing(tmp_path: Path) -> None:
    with Pool(tmp_path / "pool"):
        pass
    assert not (tmp_path / "pool").exists()


def test_two_pools_share_a_folder(tmp_path: Path) -> None:
    with Pool(tmp_path, preload=()) as one, Pool(tmp_path, preload=()) as other:
        assert one.run(job("echo", a=1)).value == {"a": 1}
        assert other.run(job("echo", a=2)).value == {"a": 2}
        assert one.run(job("echo", a=3)).value == {"a": 3}


def test_a_job_runs_alone_too() -> None:
    command = [sys.executable, "-m", "generator.execution.alone", "faults:echo", '{"a": "ü"}']
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == '{\n  "a": "ü"\n}\n'
