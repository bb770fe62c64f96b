"""Which model types a change reaches, in shards: what CI has to validate of a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from generator.graph.models import from_index
from generator.naming import Layout
from generator.review.reach import reach, says_the_same
from generator.review.revisions import changed, commit_of, folder_of

VERSIONS = "constraints*.txt"
"""Another version of a library may change what any model answers."""


@dataclass(frozen=True)
class Shard:
    """One of `count` parts, counted from 1; together they are the whole, and no two share anything."""

    number: int = 1
    count: int = 1

    def of(self, names: Sequence[str]) -> list[str]:
        """Every so-manieth: neighbours in the alphabet are often of one family, and take as long."""
        return list(names[self.number - 1 :: self.count])


def affected(layout: Layout, revision: str) -> list[str]:
    """The model types, sorted, of which a file was changed since a revision that any of their steps reads.

    And those whose spec is broken: nobody can tell their files. Raises `ProblemsFound` where git knows no
    such revision.
    """
    paths, models = changed(layout, commit_of(layout, revision)), from_index(layout).by_name
    if any(fnmatch(path, VERSIONS) for path in paths):
        return sorted(models)
    with folder_of(layout, revision) as before:
        mattering = [path for path in paths if not says_the_same(before, layout, path)]
    reached = reach(layout, mattering).values()
    broken = {name for name, model in models.items() if model.problems}
    return sorted(broken | {name for steps in reached for types in steps.values() for name in types})
