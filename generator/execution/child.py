"""What happens inside a job's process: call the function, write its answer, leave."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path

from generator.execution import limits
from generator.execution.jobs import Job

_NO_MEMORY = ("can't allocate memory", "not enough memory", "Cannot allocate memory")


def resolve(function: str) -> Callable[..., object]:
    """`package.module:callable` → the callable."""
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)


def run(job: Job, result: Path) -> int:
    """Call the job's function and write `{"value": …}` or `{"error": …}`; the exit code."""
    try:
        answer = json.dumps({"value": resolve(job.function)(**job.arguments)})
        code = 0
    except BaseException as error:
        limits.lift_memory_limit()
        traceback.print_exc()
        answer = json.dumps({"error": describe(error), "out_of_memory": is_out_of_memory(error)})
        code = _exit_code(error)
    limits.lift_memory_limit()
    _flush()
    _write(result, answer)
    return code


def _exit_code(error: BaseException) -> int:
    """1 but for `sys.exit` with another; never 0, which would say that there is a value."""
    code = error.code if isinstance(error, SystemExit) else None
    return (code & 0xFF or 1) if isinstance(code, int) else 1


def _write(path: Path, text: str) -> None:
    """Write the whole file or none of it, so that what is read was meant."""
    draft = path.with_suffix(".tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # full disk, or closed by the function
            stream.flush()


def describe(error: BaseException) -> str:
    """The exception in one line of bearable length."""
    text = "".join(traceback.format_exception_only(error))
    return textwrap.shorten(text, 500, placeholder=" …")


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether the exception, or one that it came from, is a refused allocation."""
    if error is None:
        return False
    if isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY):
        return True
    return is_out_of_memory(error.__cause__ or error.__context__)
