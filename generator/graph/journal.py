"""What has been done: a JSON line per finished task, appended; a kill loses only what was in flight."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Rewritten once there are this many dead lines for each live one, and enough of them to matter.
_STALE_FACTOR = 3
_STALE_LINES = 500


@dataclass(frozen=True, slots=True)
class Record:
    """A task that finished: what decided its output, and what it wrote.

    `key` maps a part of the key (`spec`, `templates`, `code`, …) to its digest; `targets` maps a path
    relative to the root to the digest of what the task left there.
    """

    task: str
    key: dict[str, str]
    targets: dict[str, str]
    seconds: float


class Journal:
    """The records of a checkout. Whoever writes holds the run lock (`lock.py`); readers need none."""

    def __init__(self, path: Path):
        self.path = path
        self._records: dict[str, Record] = {}
        self._lines = 0
        self.reload()

    def reload(self) -> None:
        """Read the file again, as after waiting for another run."""
        self._records, self._lines = {}, 0
        for entry in _entries(_read(self.path)):
            self._lines += 1
            self._apply(entry)

    def get(self, task: str) -> Record | None:
        return self._records.get(task)

    def put(self, record: Record) -> None:
        """Remember a finished task; on disk when this returns."""
        self._append(
            {
                "task": record.task,
                "key": record.key,
                "targets": record.targets,
                "seconds": record.seconds,
            }
        )

    def forget(self, task: str) -> None:
        """Have a task run again."""
        if task in self._records:
            self._append({"task": task, "key": None})

    def forget_all(self) -> None:
        """Have everything run again."""
        for task in list(self._records):
            self.forget(task)

    def records(self) -> tuple[Record, ...]:
        return tuple(self._records.values())

    def _apply(self, entry: dict[str, Any]) -> None:
        task, key = entry["task"], entry["key"]
        if key is None:
            self._records.pop(task, None)
        else:
            self._records[task] = Record(task, key, entry["targets"], entry["seconds"])

    def _append(self, entry: dict[str, Any]) -> None:
        self._apply(entry)
        self._lines += 1
        if self._lines > _STALE_LINES and self._lines > _STALE_FACTOR * len(self._records):
            self._compact()
        else:
            _append_line(self.path, _line(entry))

    def _compact(self) -> None:
        lines = [
            _line({"task": r.task, "key": r.key, "targets": r.targets, "seconds": r.seconds})
            for r in self._records.values()
        ]
        new = self.path.with_suffix(".new")
        new.write_bytes(b"".join(lines))
        new.replace(self.path)
        self._lines = len(lines)


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _append_line(path: Path, line: bytes) -> None:
    """One write of one line, on a line of its own even after a write that was cut short."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        if os.write(descriptor, line) != len(line):
            raise OSError(f"could not write a whole line to {path}: is the disk full?")
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _entries(content: bytes) -> Iterator[dict[str, Any]]:
    """Every whole entry; a line that was cut short, or is anything else, is as good as absent."""
    lines = content.split(b"\n")
    try:  # ten times quicker than line by line, and nearly always possible
        entries = json.loads(b"[" + b",".join(filter(None, lines)) + b"]")
    except ValueError:
        entries = [_parsed(line) for line in lines]
    return (entry for entry in entries if _is_entry(entry))


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("task"), str):
        return False
    if entry.get("key", 0) is None:
        return True
    return (
        isinstance(entry.get("key"), dict)
        and isinstance(entry.get("targets"), dict)
        and isinstance(entry.get("seconds"), int | float)
    )
