"""What a run of a generated test leaves behind: observations, comparisons, outcomes and costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import pytest

from generator.validation.compare import Comparison
from generator.validation.expectations import Case
from generator.validation.subjects import Subject
from skillset_runtime.accuracy import Accuracy
from skillset_runtime.errors import SkillsetError


@dataclass
class Record:
    """Filled while a test runs; plain data once it is over."""

    observations: dict[str, Any] = field(default_factory=dict)
    """Case → what the reference did, as an expectation is written."""
    comparisons: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Case → the status and confidence of the skillset's answer."""
    outcomes: dict[str, str] = field(default_factory=dict)
    """Test → passed, failed, skipped or, where a library is missing, not_run."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Test → why it failed or was skipped."""
    places: dict[str, str] = field(default_factory=dict)
    """Test that failed → `path:line` of it, below the root."""
    raised: tuple[str, ...] = ()
    """The tests that failed for want of an answer, and not for what it was."""
    placement_checked: bool = False
    """Whether tensors only claimed to be on the device."""
    costs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Task → seconds for a request, peak memory in bytes."""
    details: dict[str, dict[str, str]] = field(default_factory=dict)
    """Task → what the answers say of how they came about."""
    accuracy: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Case → how far the floats of the skillset's answer are off, and how much else is equal."""
    not_opened: dict[str, str] = field(default_factory=dict)
    """Task → why the skillset does not load it."""
    lacking: tuple[str, ...] = ()
    """Those of these tasks for which a library is absent."""
    missing: tuple[str, ...] = ()
    """The libraries for want of which nothing was run."""

    def observed(self, name: str, case: Case) -> None:
        if name in self.observations:
            pytest.fail(f"two cases are called {name}")
        self.observations[name] = case.plain()

    def compared(self, name: str, comparison: Comparison) -> None:
        self.comparisons[name] = {
            "status": comparison.status.value,
            "confidence": comparison.confidence,
        }

    def opened(self, task: str, found: Subject | SkillsetError) -> None:
        """Note what became of a task: what its answers told, or why it could not be asked."""
        if isinstance(found, SkillsetError):
            self.not_opened[task] = str(found)
            self.lacking += (task,) if _lacks_library(found) else ()
        else:
            self.details[task] = found.details

    def measured(self, name: str, accuracy: Accuracy) -> None:
        self.accuracy[name] = asdict(accuracy)

    def cost(self, task: str, seconds: float, peak_bytes: int) -> None:
        self.costs[task] = {"seconds": round(seconds, 6), "peak_rss_bytes": peak_bytes}

    def report(self, name: str, report: pytest.TestReport, *, raised: bool) -> None:
        """Note a test's outcome; trouble in its set-up or tear-down is a failure too."""
        if report.failed:
            path, line, _ = report.location  # lines count from 0 here
            self.outcomes[name], self.places[name] = "failed", f"{path}:{(line or 0) + 1}"
            self.raised += (name,) if raised else ()
            self.reasons[name] = report.longreprtext
        elif report.skipped:
            self.outcomes[name] = "not_run" if self.missing else "skipped"
            self.reasons[name] = report.longrepr[2].removeprefix("Skipped: ")
        elif report.when == "call":
            self.outcomes.setdefault(name, "passed")

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def _lacks_library(error: BaseException | None) -> bool:
    """Whether an error comes of a library that cannot be imported."""
    while error is not None and not isinstance(error, ImportError):
        error = error.__cause__
    return error is not None
