"""A job for the pool, what came of it, and the lines in which client and server speak of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

RESULT = "result.json"
OUTPUT = "output"


class Outcome(StrEnum):
    FINISHED = "finished"
    FAILED = "failed"
    """The function raised, or left through sys.exit."""
    CRASHED = "crashed"
    """The process ended without an answer: by a signal, by os._exit, or with the pool's server."""
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"


@dataclass(frozen=True)
class Job:
    """A function to call in a process of its own, and what that process may use."""

    name: str
    function: str
    """`package.module:callable`; it is called with `arguments` by keyword."""
    arguments: dict[str, object]
    """JSON."""
    seconds: float
    """Wall-clock time from the fork."""
    memory_bytes: int
    """What the job and its own children may use beyond what the server had loaded."""
    command: str
    """How a person runs this job alone."""


@dataclass(frozen=True)
class JobResult:
    """What came of a job."""

    name: str
    outcome: Outcome
    value: object
    """What the function returned (JSON); None unless finished."""
    exit_code: int | None
    signal_name: str | None
    output: str
    """The end of what was written to standard output and error, by Python or by native code."""
    wall_s: float
    cpu_s: float
    """User and system time of the process and of those of its children that it waited for."""
    peak_rss_bytes: int
    """The kernel's high-water mark, which includes what the server had loaded."""
    message: str
    """One line for a person, with the command to run the job alone unless it finished."""


@dataclass(frozen=True)
class Order:
    """Client to server: run this job in this folder."""

    number: int
    folder: str
    job: Job

    def line(self) -> bytes:
        return _line(self)

    @staticmethod
    def parse(line: bytes) -> Order:
        fields = json.loads(line)
        return Order(fields["number"], fields["folder"], Job(**fields["job"]))


@dataclass(frozen=True)
class Ending:
    """Server to client: how a job's process ended."""

    number: int
    exit_code: int | None = None
    signal: int | None = None
    stopped_for: str | None = None
    """The limit (an outcome) for which the server stopped the process."""
    trouble: str | None = None
    """What kept the server from running the job at all."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_rss_bytes: int = 0

    def line(self) -> bytes:
        return _line(self)

    @staticmethod
    def parse(line: bytes) -> Ending:
        return Ending(**json.loads(line))


def _line(message: Order | Ending) -> bytes:
    return json.dumps(asdict(message)).encode() + b"\n"
