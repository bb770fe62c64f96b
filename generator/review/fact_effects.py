"""Which outputs changed facts reach by themselves, where templates or code changed with them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from generator.graph.models import from_index
from generator.naming import Layout
from generator.review.planning import Planned, Progress, plan
from generator.review.reach import Reach, planned_types

_SPECS = "specs"


def changed_by_facts(
    old: Layout, new: Layout, reaches: Mapping[str, Reach], planned: Planned, progress: Progress
) -> set[str]:
    """The outputs that would be others with the specs as they were, and all else as it is now.

    They are planned once more, so that an output which a template changes anyway does not hide that a fact
    in its spec has no part in that.
    """
    of_specs = {path: found for path, found in reaches.items() if path.startswith(f"{_SPECS}/")}
    if not of_specs:
        return set()
    with _with_specs_of(old, new) as mixed:
        known = planned_types(of_specs) & from_index(mixed).by_name.keys()
        without = plan(mixed, sorted(known), progress=progress)
    return {path for path in (*planned, *without) if planned.get(path) != without.get(path)}


@contextmanager
def _with_specs_of(old: Layout, new: Layout) -> Iterator[Layout]:
    """A folder that has the specs of one checkout, and all else that decides outputs of another."""
    with tempfile.TemporaryDirectory(prefix="specs-") as name:
        Path(name, _SPECS).symlink_to(old.specs)
        for entry in (
            new.templates,
            new.generated,
            new.root / "skillset_runtime",
            new.root / "pyproject.toml",
        ):
            Path(name, entry.name).symlink_to(entry)
        yield Layout(Path(name))
