"""A forecast as lines for a person, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from generator.errors import EXIT_CLEAN, EXIT_DRIFT
from generator.graph.forecast import Forecast

_SHOWN_TASKS = 6
_SHOWN_CAUSES = 12


def told(forecast: Forecast, *, as_json: bool = False) -> Iterator[str]:
    """The lines to print."""
    if as_json:
        yield json.dumps(asdict(forecast), indent=2)
        return
    for group in forecast.due:
        yield f"{_count(group.tasks)} would run: {_names(group.tasks)}"
        yield from (f"  {cause}" for cause in group.causes[:_SHOWN_CAUSES])
        if len(group.causes) > _SHOWN_CAUSES:
            yield f"  and {len(group.causes) - _SHOWN_CAUSES} more reasons"
    if forecast.following:
        names = _names(forecast.following)
        yield f"{_count(forecast.following)} would follow, if what they read comes out otherwise: {names}"
    if forecast.current:
        yield f"{_count(forecast.current)} up to date"


def exit_code(forecast: Forecast) -> int:
    """Whether there is anything to do."""
    return EXIT_DRIFT if forecast.due else EXIT_CLEAN


def _count(tasks: Sequence[str]) -> str:
    return f"{len(tasks)} task{'s' if len(tasks) != 1 else ''}"


def _names(tasks: Sequence[str]) -> str:
    more = len(tasks) - _SHOWN_TASKS
    return ", ".join(tasks[:_SHOWN_TASKS]) + (f" and {more} more" if more > 0 else "")
