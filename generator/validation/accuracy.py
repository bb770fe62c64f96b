"""How accurate an observation is, as an expectation describes it; see `skillset_runtime.accuracy`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from generator.validation.expectations import Case
from generator.validation.summary import parse, statistics
from generator.validation.tolerances import Tolerance
from generator.validation.values import Summary, is_sequence
from skillset_runtime import accuracy
from skillset_runtime.accuracy import Accuracy, Meter, likeness

_EXACT = Tolerance(0.0, 0.0)


def judge(expected: Case, observed: Case) -> Accuracy:
    """How accurate an observation is; a call that must be refused has nothing to be off."""
    if expected.outcome != observed.outcome:
        return Accuracy(None, "", None, f"expected {expected.outcome}, got {observed.outcome}")
    if expected.outcome != "output":
        return Accuracy(None, "", None)
    return measure(expected.output, observed.output)


def measure(expected: Any, actual: Any) -> Accuracy:
    """How accurate an answer is; both are descriptions as `summary.describe` makes them."""
    return accuracy.measure(parse(expected), parse(actual), _summaries)


def _summaries(meter: Meter, expected: Any, actual: Any, path: str) -> bool:
    """Take two summaries; or one and a list that is too short for it, which is of the same form."""
    if not isinstance(expected, Summary) and not isinstance(actual, Summary):
        return False
    if isinstance(expected, Summary) and isinstance(actual, Summary):
        _take(meter, expected, actual, path)
    elif all(is_sequence(each) or each.type == "list" for each in (expected, actual)):
        meter.decided(0.0)
    else:
        meter.another_form(path, f"expected {expected}, got {actual}")
    return True


def _take(meter: Meter, expected: Summary, actual: Summary, path: str) -> None:
    if (expected.type, expected.kind) != (actual.type, actual.kind):
        meter.another_form(path, f"expected {expected}, got {actual}")
    elif expected.shape != actual.shape:
        meter.decided(0.0)
    elif expected.kind != "float":
        for name in ("values", "sample", "digest"):
            meter.decided(likeness(getattr(expected, name), getattr(actual, name)))
    elif expected.nonfinite != actual.nonfinite:
        meter.floats([(path, 0.0, math.inf)], path)
    else:
        floats = _floats(expected, actual)
        meter.floats([(f"{path} ({name})", one, other) for name, one, other in floats], path)


def _floats(expected: Summary, actual: Summary) -> list[tuple[str, float, float]]:
    """What is known of two arrays of floats: all of them, or the statistics, none of which is off further."""
    if expected.values is None:
        return [(name, one, other) for name, one, other, _ in statistics(expected, actual, _EXACT)]
    pairs = zip(np.ravel(expected.values).tolist(), np.ravel(actual.values).tolist(), strict=True)
    return [(str(index), float(one), float(other)) for index, (one, other) in enumerate(pairs)]
