"""How far apart two floats may be and still count as the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Tolerance:
    """An absolute distance, or one relative to the number nearer to zero where that is more.

    Across zero only the absolute one counts: so the further off, the more tolerances.
    """

    relative: float
    absolute: float

    def allowed(self, expected: Any, actual: Any) -> Any:
        """The distance allowed between two floats, or between two arrays element by element."""
        nearer = np.minimum(np.abs(expected), np.abs(actual))
        magnitude = np.where(np.sign(expected) == np.sign(actual), nearer, 0.0)
        return np.maximum(self.absolute, self.relative * magnitude)


PRECISIONS: dict[str, Tolerance] = {
    "float64": Tolerance(1e-9, 1e-12),
    "float32": Tolerance(1e-4, 1e-5),
    "float16": Tolerance(1e-2, 1e-3),
    "bfloat16": Tolerance(5e-2, 1e-2),
    "int8": Tolerance(1e-1, 5e-2),
}
"""By what a float was computed in; `int8` is for the floats that a quantised model answers with."""

_SAME_AS = {"float": "float32"}
"""A Python float came out of a model, and models compute in float32 unless told otherwise."""


@dataclass(frozen=True)
class Tolerances:
    """The tolerance for each dtype, none tighter than `computed_in` allows.

    `rounding` is what was lost in writing the floats down, relative to their magnitude.
    """

    computed_in: str = "float64"
    rounding: float = 0.0

    def between(self, *dtypes: str) -> Tolerance:
        """The loosest of the tolerances of some dtypes; an unlisted one counts as `bfloat16`."""
        names = {_SAME_AS.get(dtype, dtype) for dtype in (*dtypes, self.computed_in)}
        known = [PRECISIONS.get(name, PRECISIONS["bfloat16"]) for name in sorted(names)]
        relative = max(tolerance.relative for tolerance in known)
        return Tolerance(relative + self.rounding, max(tolerance.absolute for tolerance in known))


DEFAULT = Tolerances()
