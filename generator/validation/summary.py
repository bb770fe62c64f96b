"""Answers as a person can read them in a YAML file, and the comparison with such a description.

Scalars, strings and up to `SMALL` numbers are written out. A larger rectangular list, array or
tensor becomes a mapping with a `$type`: shape, dtype, smallest and largest, a sample, and something
that changes when items change places. For floats that is `probe`, the weighted means of up to eight
blocks of items, with fixed weights of both signs and of magnitude 0.5 to 1; a mean moves by no more
than the largest change of an item, so an answer within tolerance has probes within tolerance. Whole
numbers are exact, so theirs is a digest. Floats keep six significant digits. More than `LONG` mappings
with the same keys (the frames of a recording, say) become a table, described column by column. A key of
an answer that starts with `$` gets a second one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from generator.validation.compare import (
    Comparison,
    Leaf,
    Status,
    compare_floats,
    compare_leaf,
    key_path,
    summarize,
    walk,
)
from generator.validation.tolerances import DEFAULT, Tolerance, Tolerances
from generator.validation.values import (
    MARK,
    TABLE,
    Array,
    Summary,
    Unfit,
    check_depth,
    count,
    grid,
    is_mapping,
    is_sequence,
    normal,
    round_significant,
    show,
    type_name,
)

SMALL = 12
LONG = 64
"""Up to so many mappings are written out, for each number of a table counts less."""
SAMPLED = 8
BLOCKS = 8
BLOCK_SIZE = 32
_ROUNDING = 1e-5
"""How much further apart two floats can be once rounded to six digits, relative to magnitude."""


def describe(value: Any, path: str = "", depth: int = 0) -> Any:
    """An answer as plain data for YAML or JSON; the same answer gives the same data.

    Raises `Unfit` for a value that is neither plain Python, a numeric array nor a tensor, and
    `TooDeep` for one that holds itself.
    """
    check_depth(depth)
    value = normal(value)
    if isinstance(value, Array):
        return _describe_array(value, path)
    if is_mapping(value):
        return {
            _escape(key, path): describe(item, key_path(path, key), depth + 1) for key, item in value.items()
        }
    if is_sequence(value):
        return _describe_sequence(value, path, depth)
    return _describe_scalar(value, path)


def _escape(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise Unfit(f"{path or 'the answer'}: a key must be a string, not {key!r}")
    return f"${key}" if key.startswith("$") else key


def _describe_sequence(value: Any, path: str, depth: int) -> Any:
    numbers = grid(value)
    if _is_table(value):
        columns = {key: [row[key] for row in value] for key in value[0]}
        return {MARK: TABLE, "rows": len(value), "columns": describe(columns, path, depth + 1)}
    if numbers is None or len(numbers.numbers) <= SMALL:
        return [describe(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
    return _summarize_numbers("list", numbers.kind, numbers.shape, numbers.numbers).plain()


def _is_table(value: Sequence[Any]) -> bool:
    """Whether a list is many mappings with the same keys."""
    return (
        len(value) > LONG
        and all(map(is_mapping, value))
        and bool(value[0])
        and all(row.keys() == value[0].keys() for row in value)
    )


def _describe_array(array: Array, path: str) -> Any:
    shape, numbers = array.values.shape, tuple(array.values.ravel().tolist())
    if len(numbers) > SMALL:
        return _summarize_numbers("array", array.dtype, shape, numbers).plain()
    values = describe(array.values.tolist())
    return Summary("array", array.dtype, shape, values=values).plain()


def _describe_scalar(value: Any, path: str) -> Any:
    name = type_name(value)
    if name not in ("none", "bool", "int", "float", "str"):
        raise Unfit(f"{path or 'the answer'}: cannot describe {name}")
    if name == "int" and not -(2**63) <= value < 2**63:
        raise Unfit(f"{path or 'the answer'}: {value} does not fit into 64 bits")
    return round_significant(value) if name == "float" else value


def _summarize_numbers(type_: str, dtype: str, shape: tuple[int, ...], numbers: tuple[Any, ...]) -> Summary:
    if isinstance(numbers[0], float):
        return _summarize_floats(type_, dtype, shape, np.asarray(numbers, dtype=np.float64))
    sample = tuple(numbers[i] for i in _sampled(len(numbers)))
    digest = hashlib.sha256(json.dumps(numbers).encode()).hexdigest()[:12]
    low, high = min(numbers), max(numbers)
    return Summary(type_, dtype, shape, min=low, max=high, sample=sample, digest=digest)


def _summarize_floats(type_: str, dtype: str, shape: tuple[int, ...], numbers: np.ndarray) -> Summary:
    finite = numbers[np.isfinite(numbers)]
    with np.errstate(all="ignore"):
        statistics = {f: getattr(finite, f)() for f in ("min", "max", "mean", "std") if finite.size}
        probe = _probe(np.where(np.isfinite(numbers), numbers, 0.0))
    return Summary(
        type_,
        dtype,
        shape,
        sample=tuple(round_significant(numbers[i]) for i in _sampled(len(numbers))),
        probe=tuple(map(round_significant, probe)),
        nonfinite=_nonfinite(numbers),
        **{name: round_significant(value) for name, value in statistics.items()},
    )


def _sampled(length: int) -> list[int]:
    """The positions of the sample: evenly spaced, the first and the last among them."""
    return np.linspace(0, length - 1, SAMPLED).round().astype(int).tolist()


def _probe(numbers: np.ndarray) -> list[float]:
    """The weighted mean of each block; numpy promises that `RandomState` keeps its numbers."""
    uniform = np.random.RandomState(0).uniform(-1, 1, len(numbers))
    weights = np.copysign(0.5 + np.abs(uniform) / 2, uniform)
    blocks = min(BLOCKS, math.ceil(len(numbers) / BLOCK_SIZE))
    return [
        float((values * weight).sum() / np.abs(weight).sum())
        for values, weight in zip(
            np.array_split(numbers, blocks), np.array_split(weights, blocks), strict=True
        )
    ]


def _nonfinite(numbers: np.ndarray) -> str | None:
    """How many items are NaN or infinite, and a digest of which is where; None if none is."""
    marks = [repr(number) if not math.isfinite(number) else "" for number in numbers.tolist()]
    found = sum(map(bool, marks))
    digest = hashlib.sha256(",".join(marks).encode()).hexdigest()[:12]
    return f"{found} of {len(marks)}, {digest}" if found else None


def compare_described(described: Any, actual: Any, tolerances: Tolerances = DEFAULT) -> Comparison:
    """Compare an answer with the description of the expected one."""
    return compare_descriptions(described, describe(actual), tolerances)


def compare_descriptions(expected: Any, actual: Any, tolerances: Tolerances = DEFAULT) -> Comparison:
    """Compare two descriptions, as if they were the answers that they describe."""
    written = replace(tolerances, rounding=_ROUNDING)

    def leaf(one: Any, other: Any, path: str) -> Leaf:
        if isinstance(one, Summary) or isinstance(other, Summary):
            return _compare_summary(one, other, path, written)
        return compare_leaf(one, other, path, written)

    return summarize(walk(parse(expected), parse(actual), leaf))


def parse(described: Any, depth: int = 0) -> Any:
    """A description with its summaries as `Summary` and its keys as they were."""
    check_depth(depth)
    if is_mapping(described):
        if described.get(MARK) == TABLE:
            return {f"{described['rows']} rows": parse(described["columns"], depth + 1)}
        if MARK in described:
            return Summary.parse(described)
        return {key.removeprefix("$"): parse(v, depth + 1) for key, v in described.items()}
    if is_sequence(described):
        return [parse(item, depth + 1) for item in described]
    return described


def _compare_summary(expected: Any, actual: Any, path: str, tolerances: Tolerances) -> Leaf:
    if not (isinstance(expected, Summary) and isinstance(actual, Summary)):
        return _compare_forms(expected, actual, path)
    if (expected.type, expected.kind) != (actual.type, actual.kind):
        return Leaf(path, Status.TYPE_MISMATCH, 0.0, f"expected {expected}, got {actual}")
    if expected.shape != actual.shape:
        return Leaf(path, Status.SHAPE_MISMATCH, 0.0, f"expected {expected}, got {actual}")
    if expected.values is not None:
        return compare_leaf(_small(expected), _small(actual), path, tolerances)
    if expected.kind == "float":
        return _compare_statistics(expected, actual, path, tolerances)
    return _compare_digests(expected, actual, path)


def _compare_forms(expected: Any, actual: Any, path: str) -> Leaf:
    """A summary against something that is none: a shorter list, or another type altogether."""
    summary, other = (expected, actual) if isinstance(expected, Summary) else (actual, expected)
    both_lists = summary.type == "list" and is_sequence(other)
    status = Status.SHAPE_MISMATCH if both_lists else Status.TYPE_MISMATCH
    message = f"expected {show(expected)}, got {show(actual)}"
    return Leaf(path, status, 0.0, message, count(other))


def _small(summary: Summary) -> Array:
    kind = {"bool": np.bool_, "float": np.float64}.get(summary.kind)
    return Array(np.asarray(summary.values, dtype=kind).reshape(summary.shape), summary.dtype)


def _compare_digests(expected: Summary, actual: Summary, path: str) -> Leaf:
    for name in ("min", "max", "sample", "digest"):
        one, other = getattr(expected, name), getattr(actual, name)
        if one != other:
            message = f"{name}: expected {_listed(one)}, got {_listed(other)}"
            return Leaf(path, Status.VALUE_MISMATCH, 0.0, message)
    return Leaf(path, Status.EXACT, 1.0)


def _compare_statistics(expected: Summary, actual: Summary, path: str, tolerances: Tolerances) -> Leaf:
    """The verdict on two summaries of floats: that of the statistic which is furthest off."""
    if expected.nonfinite != actual.nonfinite:
        message = f"NaN or infinite: expected {expected.nonfinite}, got {actual.nonfinite}"
        return Leaf(path, Status.VALUE_MISMATCH, 0.0, message)
    tolerance = tolerances.between(expected.dtype, actual.dtype)
    judged = [
        compare_floats(one, other, name, limit)
        for name, one, other, limit in statistics(expected, actual, tolerance)
    ]
    worst = min(judged, key=lambda leaf: leaf.score)
    return replace(worst, path=path, message=worst.message and f"{worst.path}: {worst.message}")


def statistics(
    expected: Summary, actual: Summary, tolerance: Tolerance
) -> Iterator[tuple[str, float, float, Tolerance]]:
    """Each statistic by name with both values and its tolerance.

    No statistic moves by more than the item that moves most, and that one may move by what the
    tolerance allows the largest: so this is the absolute tolerance of all but the sampled items.
    """
    largest = max((abs(x) for s in (expected, actual) for x in (s.min, s.max) if x is not None), default=0.0)
    overall = Tolerance(0.0, max(tolerance.absolute, tolerance.relative * largest))
    for name in ("min", "max", "mean", "std"):
        one, other = getattr(expected, name), getattr(actual, name)
        if one is not None:
            yield name, one, other, overall
    for index, (one, other) in enumerate(zip(expected.sample, actual.sample, strict=True)):
        yield f"sample[{index}]", one, other, tolerance
    for index, (one, other) in enumerate(zip(expected.probe, actual.probe, strict=True)):
        yield f"probe[{index}]", one, other, overall


def _listed(value: Any) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)
