"""The end of a long run by family: how many models passed, failed and were not run, and what was skipped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from generator.graph.verdicts import Verdict

LONG = 20
"""From so many models on, a table says more than the lines above it."""
_SHOWN_REASONS = 8


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a model's validation; no verdict where it did not come to it."""

    family: str
    verdict: Verdict | None

    @property
    def status(self) -> str:
        return self.verdict.status.replace("_", " ") if self.verdict else "not run"


def table(results: Iterable[Result]) -> list[str]:
    """A line per family, models by status, and why cases were skipped; nothing for a few models."""
    results = list(results)
    if len(results) < LONG:
        return []
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        counts[result.family][result.status] += 1
    statuses = sorted({status for count in counts.values() for status in count}, key=_order)
    width = max(len(family) for family in counts)
    rows = [["family", *statuses]]
    rows += [[family, *(str(counts[family][status]) for status in statuses)] for family in sorted(counts)]
    lines = ["  ".join([f"{name:{width}}", *(f"{cell:>7}" for cell in cells)]) for name, *cells in rows]
    return [*lines, *_skipped(results)]


def _order(status: str) -> tuple[bool, str]:
    return status != "passed", status


def _skipped(results: list[Result]) -> list[str]:
    reasons = Counter(reason for result in results if result.verdict for reason in result.verdict.reasons)
    lines = [f"skipped {times} x: {reason}" for reason, times in reasons.most_common(_SHOWN_REASONS)]
    more = len(reasons) - _SHOWN_REASONS
    return [*lines, f"skipped for {more} more reasons"] if more > 0 else lines
