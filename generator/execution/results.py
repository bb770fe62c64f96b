"""From how a job's process ended, and the files that it left, to what a person is told."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from generator.execution.jobs import OUTPUT, RESULT, Ending, Job, JobResult, Outcome

_TAIL_BYTES = 16 << 10


def result(job: Job, ending: Ending, folder: Path) -> JobResult:
    """What came of a job whose process wrote its output and its answer into `folder`."""
    output = tail(folder / OUTPUT)
    answer = _answer(folder / RESULT)
    outcome, what = _judge(job, ending, answer, output)
    finished = outcome is Outcome.FINISHED
    return JobResult(
        name=job.name,
        outcome=outcome,
        value=answer["value"] if finished else None,
        exit_code=ending.exit_code,
        signal_name=signal_name(ending.signal) if ending.signal else None,
        output=output,
        wall_s=ending.wall_s,
        cpu_s=ending.cpu_s,
        peak_rss_bytes=ending.peak_rss_bytes,
        message=f"{job.name}: {what}" + ("" if finished else f"; run it alone: {job.command}"),
    )


def _judge(job: Job, ending: Ending, answer: dict[str, object], output: str) -> tuple[Outcome, str]:
    """The outcome, and what happened in a few words."""
    if ending.trouble:
        return Outcome.CRASHED, ending.trouble
    if ending.stopped_for == Outcome.TIMED_OUT:
        return Outcome.TIMED_OUT, f"not done after {job.seconds:g} s"
    if ending.stopped_for == Outcome.OUT_OF_MEMORY:
        return Outcome.OUT_OF_MEMORY, f"used more than its {job.memory_bytes >> 20} MiB of memory"
    if ending.signal == signal.SIGABRT and "std::bad_alloc" in output:
        return (
            Outcome.OUT_OF_MEMORY,
            f"asked for more than its {job.memory_bytes >> 20} MiB of memory",
        )
    if ending.signal is None and "error" in answer:
        outcome = Outcome.OUT_OF_MEMORY if answer.get("out_of_memory") else Outcome.FAILED
        return outcome, str(answer["error"])
    if ending.exit_code == 0 and "value" in answer:
        return Outcome.FINISHED, f"finished in {ending.wall_s:.1f} s"
    return Outcome.CRASHED, f"{_in_words(ending)} and left no answer"


def _in_words(ending: Ending) -> str:
    if ending.signal is None:
        return f"ended with exit code {ending.exit_code}"
    return f"was killed by {signal_name(ending.signal)}"


def signal_name(number: int) -> str:
    """`SIGSEGV`; the real-time signals, which have no name, as `signal 40`."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _answer(path: Path) -> dict[str, object]:
    """What the child wrote; empty where it did not, or where something else wrote there."""
    try:
        answer = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def tail(path: Path) -> str:
    """The end of a text file, from the start of a line if there is one; empty if no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return text if size <= _TAIL_BYTES else text.partition("\n")[2] or text
