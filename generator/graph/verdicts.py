"""Reads the result files of validation, whatever keys exist, for a summary."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Verdict:
    """What a summary says of one model's validation."""

    status: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    not_run: int = 0
    compared: int = 0
    message: str | None = None
    trouble: str | None = None
    reasons: tuple[str, ...] = ()
    """Why cases were skipped, as declared."""

    def __str__(self) -> str:
        counts = [
            f"{count} {word}"
            for word in ("passed", "failed", "skipped", "not_run")
            if (count := getattr(self, word))
        ]
        return ", ".join(counts).replace("_", " ") or self.status


def read(path: Path) -> Verdict:
    """A result file; one that is absent or unreadable is a verdict that says so."""
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return Verdict("absent", trouble="there is no readable result")
    cases = found.get("cases") or {}
    counts = {name: _count(cases.get(name)) for name in ("passed", "failed", "skipped", "not_run")}
    status = str(found.get("status", "absent"))
    message = found.get("message")
    reasons = tuple((found.get("reasons") or {}).values()) if status == "passed" else ()
    verdict = Verdict(
        status, compared=_count(found.get("compared")), message=message, reasons=reasons, **counts
    )
    return verdict if status in ("passed", "skipped", "not_run") else _in_trouble(verdict)


def _in_trouble(verdict: Verdict) -> Verdict:
    detail = verdict.message or str(verdict)
    return Verdict(**{**verdict.__dict__, "trouble": f"{verdict.status}: {detail}"})


def _count(value: object) -> int:
    """A number, or the length of a list of cases."""
    if isinstance(value, int):
        return value
    return len(value) if isinstance(value, list | dict) else 0
