"""What the whole matrix holds, counted: as a table, as JSON, and as a committed page.

doit results                                    # the table, and generated/docs/matrix.md
python -m generator.validation.results --json   # for a script
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from generator import tables
from generator.naming import Layout
from generator.publish import encode, publish
from generator.specs import index
from generator.validation import matrix
from generator.validation.matrix import Row, State

_TROUBLE = (State.WRONG, State.EXPORT_FAILED, State.FAILED)
_UNTRIED = "never tried"
_ABOUT = """\
# The matrix

Written by `doit results` from `generated/matrix/`; do not edit.

What the generated test of each model type came to on each hardware target in each precision, for its
default task. *Executed* is really run; *simulated* is run on a simulator of the hardware; *placement
checked* is run on the CPU, on tensors that claim the device, with each operation checked for where its
tensors are. *In part* are those of the executed of which only some parts of the model ran there, and the
rest in PyTorch. `error` is the median over types of the furthest that a float of an answer is off from
float32 on the CPU, relative to the largest of its field.
"""


@dataclass(frozen=True)
class Entry:
    """A row of the matrix with where it stands."""

    model_type: str
    task: str
    target: str
    precision: str
    row: Row


@dataclass(frozen=True)
class Count:
    """A target in a precision: how many types came to which state."""

    target: str
    precision: str
    states: dict[str, int]
    in_part: int
    """Of those that ran: only parts of the model did."""
    error: float | None
    """The median over those that ran."""
    untried: int


@dataclass(frozen=True)
class Trouble:
    """Model types that fail on a target in a precision for one reason."""

    target: str
    precision: str
    state: str
    reason: str
    model_types: tuple[str, ...]


@dataclass(frozen=True)
class Results:
    """Everything that is shown."""

    types: int
    counts: tuple[Count, ...]
    troubles: tuple[Trouble, ...]


def collect(layout: Layout) -> Results:
    """Read the records of all types, as many as there are."""
    types = sorted(name for name, entry in index.read(layout).models.items() if entry.tasks)
    entries = [entry for name in types for entry in _entries(layout, name)]
    cells: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        cells[entry.target, entry.precision].append(entry)
    counts = tuple(_count(*cell, found, len(types)) for cell, found in sorted(cells.items()))
    return Results(len(types), counts, tuple(_troubles(entries)))


def write(layout: Layout, results: Results) -> tuple[Path, ...]:
    """Write the page; returns what changed, below the root."""
    return publish({layout.matrix_page: encode(text(results))}, layout).written


def text(results: Results) -> str:
    """The page, in Markdown."""
    lines = [_ABOUT, f"{results.types} model types.", "", *tables.markdown(_rows(results))]
    lines += ["", "## What does not work", ""] if results.troubles else []
    for trouble in results.troubles:
        where = f"{trouble.target}, {trouble.precision}, {trouble.state}, {len(trouble.model_types)}"
        reason = " ".join(trouble.reason.replace("`", " ").split()) or "no reason given"
        lines += [f"- {where}: `{reason}`", f"  {', '.join(trouble.model_types)}"]
    return "\n".join(lines) + "\n"


def table(results: Results) -> str:
    """The counts for a terminal."""
    return tables.aligned(_rows(results))


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m generator.validation.results", description=__doc__)
    parser.add_argument("--json", action="store_true", help="as JSON, with what fails and why")
    results = collect(Layout(Path.cwd()))
    as_json = parser.parse_args(words).json
    print(json.dumps(asdict(results), indent=1) if as_json else table(results))
    return 0


def _rows(results: Results) -> list[list[str]]:
    """The counts; a state that no type is in has no column."""
    states = [state for state in State if any(count.states.get(state) for count in results.counts)]
    rows = [["target", "precision", *states, "in part", "error", _UNTRIED]]
    for count in results.counts:
        numbers = [count.states.get(state, 0) or "" for state in states]
        error = "" if count.error is None else f"{count.error:.0e}"
        cells = (count.target, count.precision, *numbers, count.in_part or "", error, count.untried or "")
        rows.append([str(cell) for cell in cells])
    return rows


def _entries(layout: Layout, model_type: str) -> Iterator[Entry]:
    for task, targets in matrix.load(layout, model_type).tasks.items():
        for target, precisions in targets.items():
            for precision, row in precisions.items():
                yield Entry(model_type, task, target, precision, row)


def _count(target: str, precision: str, entries: Sequence[Entry], types: int) -> Count:
    rows = [entry.row for entry in entries]
    errors = sorted(row.error for row in rows if row.state not in _TROUBLE and row.error is not None)
    return Count(
        target,
        precision,
        dict(Counter(str(row.state) for row in rows)),
        in_part=sum(1 for row in rows if row.parts is not None),
        error=errors[len(errors) // 2] if errors else None,
        untried=types - len({entry.model_type for entry in entries}),
    )


def _troubles(entries: Iterable[Entry]) -> list[Trouble]:
    """By target and precision, what fails most types first."""
    found: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for entry in entries:
        if entry.row.state in _TROUBLE:
            reason = entry.row.reason or "no reason given"
            found[entry.target, entry.precision, entry.row.state, reason].append(entry.model_type)
    troubles = [Trouble(*where, tuple(names)) for where, names in found.items()]
    return sorted(troubles, key=lambda t: (t.target, t.precision, -len(t.model_types), t.state, t.reason))


if __name__ == "__main__":
    sys.exit(main())
