"""What a run came to as JUnit XML, the form in which CI services show tests.

A validation is a suite with a case for each generated test; a task that failed before any test is a
suite with that one error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML may hold: https://www.w3.org/TR/xml/#charsets."""


@dataclass(frozen=True)
class Run:
    """A task that ran."""

    name: str
    seconds: float
    failure: str | None = None
    verdict: Path | None = None
    """The result file of a validation."""


def text(runs: Iterable[Run]) -> bytes:
    """The XML of some runs."""
    report = JUnitXml("skillsets")
    for run in runs:
        report.add_testsuite(_suite(run))
    return report.tostring()


def _suite(run: Run) -> TestSuite:
    suite = TestSuite(run.name)
    suite.add_testcases(list(_cases(run)) or [_case(run.name, run.name, _told(Error, run.failure or ""))])
    suite.time = round(run.seconds, 3)
    return suite


def _cases(run: Run) -> Iterator[TestCase]:
    verdict = _read(run.verdict)
    for name, outcome in verdict.get("outcomes", {}).items():
        reason = verdict["reasons"].get(name, "no reason given")
        if outcome == "failed":
            yield _case(run.name, name, _told(Failure, f"{verdict['places'][name]}: {reason}"))
        else:
            yield _case(run.name, name, None if outcome == "passed" else Skipped(_clean(reason)))


def _read(verdict: Path | None) -> dict[str, Any]:
    try:
        return json.loads(verdict.read_bytes()) if verdict else {}
    except (OSError, ValueError):
        return {}


def _case(suite: str, name: str, result: Any) -> TestCase:
    case = TestCase(_clean(name), classname=suite)
    case.result = [] if result is None else [result]
    return case


def _told(kind: type, reason: str) -> Any:
    """A failure with its first line as the message, and all of it as its text."""
    told = kind(_clean(reason.partition("\n")[0]), "failed")
    told.text = _clean(reason)
    return told


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
