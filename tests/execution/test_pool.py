"""The pool of forked children: each way in which a job can go wrong costs that job alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faults
import pytest

from generator.execution.pool import Job, JobResult, Outcome, Pool

MIB = 1 << 20


def job(function: str, *, seconds: float = 20, memory: int = 300 * MIB, **arguments: object) -> Job:
    name = f"{faults.__name__}:{function}"
    return Job(function, name, arguments, seconds, memory, f"doit validate:{function}")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(tmp_path_factory.mktemp("pool"), preload=("numpy",), workers=8) as pool:
        yield pool


@pytest.fixture(autouse=True)
def _the_next_job_is_unaffected(pool: Pool) -> Iterator[None]:
    yield
    assert pool.run(job("echo", after=True)).value == {"after": True}


def run(pool: Pool, function: str, **options: object) -> JobResult:
    """Run a job that is expected to go wrong, and check what every report must say."""
    result = pool.run(job(function, **options))
    assert result.name == function
    assert result.message.startswith(f"{function}: ")
    assert result.message.endswith(f"; run it alone: doit validate:{function}")
    assert "\n" not in result.message
    assert result.value is None
    return result


def test_a_job_that_finishes(pool: Pool) -> None:
    result = pool.run(job("echo", text="ünï\n\0 ☃ \ud800", numbers=[1, 2.5, None, True], nested={}))
    assert result.outcome is Outcome.FINISHED
    assert result.value == {
        "text": "ünï\n\0 ☃ \ud800",
        "numbers": [1, 2.5, None, True],
        "nested": {},
    }
    assert (result.exit_code, result.signal_name, result.output) == (0, None, "")
    assert "run it alone" not in result.message
    assert 0 < result.cpu_s < 1
    assert result.peak_rss_bytes > MIB


@pytest.mark.parametrize(
    ("function", "name", "said"),
    [("segfault", "SIGSEGV", "in segfault"), ("abort", "SIGABRT", "in abort")],
)
def test_a_crash_is_reported_with_its_signal_and_the_stack(
    pool: Pool, function: str, name: str, said: str
) -> None:
    result = run(pool, function)
    assert (result.outcome, result.signal_name) == (Outcome.CRASHED, name)
    assert result.exit_code is None
    assert name in result.message
    assert said in result.output


@pytest.mark.parametrize("code", [0, 3])
def test_leaving_without_an_answer_is_a_crash(pool: Pool, code: int) -> None:
    result = run(pool, "leave", code=code)
    assert (result.outcome, result.exit_code) == (Outcome.CRASHED, code)
    assert f"exit code {code}" in result.message


@pytest.mark.parametrize(("code", "seen"), [(0, 1), (None, 1), (3, 3), (256, 1), (1 << 80, 1), ("words", 1)])
def test_sys_exit_is_a_failure(pool: Pool, code: object, seen: int) -> None:
    result = run(pool, "leave_politely", code=code)
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, seen)
    assert "SystemExit" in result.message


def test_an_exception_is_named_and_its_traceback_kept(pool: Pool) -> None:
    result = run(pool, "raise_error", text="first\nsecond")
    assert result.outcome is Outcome.FAILED
    assert "ValueError: first second" in result.message
    assert "in raise_error" in result.output
    assert len(run(pool, "raise_error", text="long " * 1000).message) < 700
    assert "KeyboardInterrupt" in run(pool, "interrupt").message


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("faults:missing", "no attribute 'missing'"),
        ("no_such_module:f", "No module named 'no_such_module'"),
        ("faults:echo", "unexpected keyword"),
    ],
)
def test_what_cannot_be_called_is_a_failure(pool: Pool, function: str, said: str) -> None:
    arguments = {"self": 1} if function == "faults:echo" else {}
    function = "faults:sleep" if arguments else function
    result = pool.run(Job("x", function, arguments, 5, 300 * MIB, "true"))
    assert result.outcome is Outcome.FAILED
    assert said in result.message


def test_an_answer_that_is_not_json_is_a_failure(pool: Pool) -> None:
    result = run(pool, "not_json")
    assert result.outcome is Outcome.FAILED
    assert "not JSON serializable" in result.message


@pytest.mark.parametrize("function", ["garbage_for_result", "list_for_result"])
def test_garbage_in_the_place_of_the_answer_is_no_answer(pool: Pool, function: str) -> None:
    assert run(pool, function).outcome is Outcome.CRASHED


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("sleep", "SIGTERM"),
        ("stuck_in_native_code", "SIGTERM"),
        ("ignore_sigterm", "SIGKILL"),
        ("stop_itself", "SIGKILL"),
    ],
)
def test_a_job_that_hangs_is_stopped(pool: Pool, function: str, name: str) -> None:
    result = run(pool, function, seconds=0.3)
    assert (result.outcome, result.signal_name) == (Outcome.TIMED_OUT, name)
    assert "not done after 0.3 s" in result.message
    assert 0.3 < result.wall_s < 3
    if name == "SIGTERM":
        assert f"in {function}" in result.output  # where it was when its time was up


@pytest.mark.parametrize(
    "function", ["untouched_bytes", "untouched_numpy", "touched_numpy", "touched_piece_by_piece"]
)
def test_a_job_that_takes_30_gb_is_stopped(pool: Pool, function: str) -> None:
    result = run(pool, function)
    assert result.outcome is Outcome.OUT_OF_MEMORY
    assert result.peak_rss_bytes < 900 * MIB


def test_memory_that_is_asked_for_and_never_touched_counts_too(pool: Pool) -> None:
    result = run(pool, "untouched_bytes", size=4 << 30)  # which every machine would give
    assert result.outcome is Outcome.OUT_OF_MEMORY
    assert "MemoryError" in result.message


def test_memory_that_no_allocation_limit_sees_is_found_by_watching(pool: Pool) -> None:
    result = run(pool, "touched_shared_memory", size=2 << 30)
    assert (result.outcome, result.signal_name) == (Outcome.OUT_OF_MEMORY, "SIGKILL")
    assert "300 MiB" in result.message
    assert result.peak_rss_bytes < 1500 * MIB


def test_memory_is_counted_over_all_processes_of_a_job(pool: Pool) -> None:
    result = run(pool, "spread_over_children", count=5, size=100 * MIB)
    assert result.outcome is Outcome.OUT_OF_MEMORY


def test_memory_that_processes_share_is_counted_once(pool: Pool) -> None:
    result = pool.run(job("share_with_children", count=5, size=100 * MIB))
    assert result.outcome is Outcome.FINISHED


def test_native_code_that_cannot_allocate_is_out_of_memory(pool: Pool) -> None:
    result = run(pool, "bad_alloc")
    assert (result.outcome, result.signal_name) == (Outcome.OUT_OF_MEMORY, "SIGABRT")


def test_memory_that_the_job_may_have_is_given(pool: Pool) -> None:
    result = pool.run(job("hold", size=250 * MIB))
    assert result.value == 250 * MIB
    assert result.peak_rss_bytes > 250 * MIB


def test_output_is_kept_from_its_end(pool: Pool) -> None:
    result = pool.run(job("print_much", megabytes=100))
    assert result.outcome is Outcome.FINISHED
    assert result.output.endswith("x\nthe last line\n")
    assert 10_000 < len(result.output) < 20_000
    assert "x" * 99 in result.output.splitlines()


def test_output_without_end_does_not_fill_the_disk(tmp_path: Path) -> None:
    with Pool(tmp_path, preload=()) as pool, ThreadPoolExecutor(1) as thread:
        running = thread.submit(run, pool, "print_for_ever", seconds=2)
        sizes = [0]
        while not running.done():
            sizes += [file.stat().st_size for file in tmp_path.glob("run-*/job-0/output")]
            time.sleep(0.01)
        assert running.result().outcome is Outcome.TIMED_OUT
        assert "xxx" in running.result().output
    assert sizes != sorted(sizes)  # it was cut while the job ran


def test_output_of_native_code_and_of_commands_is_kept(pool: Pool) -> None:
    lines = pool.run(job("native_output")).output.splitlines()
    assert lines == [
        "from python ☃",
        "from a shell",
        "from its standard error",
        "not \N{REPLACEMENT CHARACTER} utf-8",
    ]


@pytest.mark.parametrize("function", ["threads_left", "close_output"])
def test_a_job_that_leaves_things_in_disorder_still_answers(pool: Pool, function: str) -> None:
    assert pool.run(job(function)).value == "returned"


def test_jobs_given_by_many_threads_run_at_once_and_get_their_own_answers(pool: Pool) -> None:
    given = [job("echo", number=n) for n in range(40)]
    given += [job("segfault"), job("sleep", seconds=0.5), job("leave", code=1)] * 3
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(pool.run, given))
    assert [answer.value for answer in answers[:40]] == [{"number": n} for n in range(40)]
    wrong = [Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.CRASHED] * 3
    assert [answer.outcome for answer in answers[40:]] == wrong


def test_no_more_than_the_given_number_run_at_once(tmp_path: Path) -> None:
    with Pool(tmp_path, preload=(), workers=2) as small, ThreadPoolExecutor(6) as threads:
        naps = list(threads.map(small.run, [job("nap", duration=0.3)] * 6))
    spans = [nap.value for nap in naps]
    at_once = [sum(start <= moment < end for start, end in spans) for moment, _ in spans]
    assert max(at_once) == 2  # and not one after the other


def test_many_jobs_leave_nothing_in_the_server(pool: Pool) -> None:
    before = pool.run(job("process")).value
    start = time.monotonic()
    for n in range(200):
        assert pool.run(job("echo", n=n)).value == {"n": n}
    per_job = (time.monotonic() - start) / 200
    after = pool.run(job("process")).value
    assert per_job < 0.1
    assert after["parent"] == before["parent"]
    assert after["parent_descriptors"] == before["parent_descriptors"]
    assert after["parent_children"] == before["parent_children"] == 1
    assert after["parent_anonymous_kb"] - before["parent_anonymous_kb"] < 1024


def test_a_child_is_alone_with_its_output(pool: Pool) -> None:
    facts = pool.run(job("process")).value
    assert facts["descriptors"] == [0, 1, 2]
    assert facts["modules"] == ["numpy"]
    assert facts["parent_threads"] == 1
    environment = facts["environment"]
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["TOKENIZERS_PARALLELISM"] == "false"


def test_torch_and_transformers_can_be_loaded_before_the_fork(tmp_path: Path) -> None:
    with Pool(tmp_path) as pool:
        facts = pool.run(job("process")).value
        assert facts["modules"] == ["numpy", "pytest", "torch", "transformers"]
        assert facts["parent_threads"] == 1
        assert pool.run(job("torch_sum", size=300, memory=1 << 30)).value == 300.0**3
        assert run(pool, "touched_torch").outcome is Outcome.OUT_OF_MEMORY
        assert pool.run(job("echo", a=1)).cpu_s < 0.1
