"""How accurate an answer is: how far its floats are off those of another one, and how much else is equal.

A float is off relative to the largest of its field, which is what has the same path but for indices: of
probabilities that sum to one, the least may be wrong altogether. What is no float (texts, labels, counts) is
a decision that the least rounding turns where two choices are near each other; so its share that is equal
is a figure, and no verdict. An answer of another form is none at all.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

_INDEX = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True)
class Accuracy:
    """What came of comparing one answer, or several."""

    error: float | None
    """The largest distance of two floats, relative to the largest of the same field; None without floats."""
    where: str
    agreement: float | None
    """The share of all else that is equal, a text by its beginning; None where there is nothing else."""
    trouble: str | None = None
    """Why the answers have not the same form."""

    def refused(self, tolerance: float) -> str | None:
        """Why this is no answer where a float may be so far off, or None."""
        if self.trouble is not None or self.error is None or self.error <= tolerance:
            return self.trouble
        return f"{self.where} is off by {self.error:.2g} of the largest; {tolerance:.2g} is allowed"


def measure(expected: Any, actual: Any, compare: Compare | None = None) -> Accuracy:
    """How accurate an answer in plain Python is; `compare` may take pairs of other values off this."""
    meter = Meter(compare)
    meter.take(expected, actual, "")
    return meter.accuracy()


def worst(found: Iterable[Accuracy]) -> Accuracy:
    """The largest error and the lowest agreement of several answers."""
    found = list(found)
    erring = [each for each in found if each.error is not None]
    furthest = max(erring, key=lambda each: each.error, default=Accuracy(None, "", None))
    shares = [each.agreement for each in found if each.agreement is not None]
    trouble = next((each.trouble for each in found if each.trouble), None)
    return Accuracy(furthest.error, furthest.where, min(shares, default=None), trouble)


@dataclass
class Meter:
    """Takes every pair of values of two answers."""

    compare: Compare | None = None
    _floats: dict[str, list[tuple[str, float, float]]] = field(default_factory=lambda: defaultdict(list))
    _equal: float = 0.0
    _decisions: int = 0
    _trouble: str | None = None

    def take(self, expected: Any, actual: Any, path: str) -> None:
        """Take two values, with all that is in them. Of lists of two lengths, nothing belongs together."""
        if self.compare is not None and self.compare(self, expected, actual, path):
            return
        if _is_mapping(expected) and _is_mapping(actual):
            self._take_mappings(expected, actual, path)
        elif _is_list(expected) and _is_list(actual):
            self._take_lists(expected, actual, path)
        elif type(expected) is not type(actual):
            self.another_form(path, f"expected {_kind(expected)}, got {_kind(actual)}")
        elif isinstance(expected, float):
            self.floats([(path, expected, actual)], path)
        else:
            self.decided(likeness(expected, actual))

    def floats(self, pairs: Iterable[tuple[str, float, float]], path: str) -> None:
        """Take floats of one field: the path of each, what was expected, and what there is."""
        self._floats[_INDEX.sub("", path)] += pairs

    def decided(self, share: float, decisions: int = 1) -> None:
        """Take so many decisions, of which a share is equal."""
        self._equal += share * decisions
        self._decisions += decisions

    def another_form(self, path: str, message: str) -> None:
        """Take two values that cannot be compared."""
        self._trouble = self._trouble or f"{path or 'the answer'}: {message}"

    def accuracy(self) -> Accuracy:
        """What came of everything taken."""
        errors = [each for pairs in self._floats.values() for each in _errors(pairs)]
        where, error = max(errors, key=lambda each: each[1], default=("", None))
        agreement = self._equal / self._decisions if self._decisions else None
        return Accuracy(error, where, agreement, self._trouble)

    def _take_mappings(self, expected: Mapping[str, Any], actual: Mapping[str, Any], path: str) -> None:
        for key in sorted(expected.keys() ^ actual.keys()):
            self.another_form(path, f"{key} is {'missing' if key in expected else 'not expected'}")
        for key in expected.keys() & actual.keys():
            self.take(expected[key], actual[key], f"{path}.{key}" if path else key)

    def _take_lists(self, expected: Sequence[Any], actual: Sequence[Any], path: str) -> None:
        if len(expected) != len(actual):
            self.decided(0.0)
            return
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            self.take(one, other, f"{path}[{index}]")


Compare = Callable[[Meter, Any, Any, str], bool]
"""Takes a pair of values, and says whether it did."""


def likeness(one: Any, other: Any) -> float:
    """How much of two values that are no floats is equal; of texts the common beginning."""
    if not (isinstance(one, str) and isinstance(other, str)) or one == other:
        return float(one == other)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return same / max(len(one), len(other))


def _errors(pairs: Sequence[tuple[str, float, float]]) -> list[tuple[str, float]]:
    """The path of each float of a field, and how far it is off relative to the largest."""
    scale = max((abs(one) for _, one, _ in pairs if math.isfinite(one)), default=0.0) or 1.0
    return [(path, _distance(one, other) / scale) for path, one, other in pairs]


def _distance(one: float, other: float) -> float:
    """How far two floats are apart; a NaN or an infinity is off without end from all but its like."""
    if one == other or (math.isnan(one) and math.isnan(other)):
        return 0.0
    distance = abs(one - other)
    return math.inf if math.isnan(distance) else distance


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _kind(value: Any) -> str:
    return type(value).__name__
