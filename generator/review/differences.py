"""What regeneration would change: against the tree as it is, or the specs and templates of a revision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from generator.errors import Problem, ProblemsFound
from generator.graph.models import from_index
from generator.graph.prune import orphans, owned
from generator.naming import Layout
from generator.review import revisions, texts
from generator.review.planning import Planned, Progress, plan, shared
from generator.review.reach import owners, planned_types, reach, says_the_same, together
from generator.review.selection import Selection

_CODE = ("generator/", "skillset_runtime/")

Sides = tuple[Mapping[str, str | ProblemsFound | None], Mapping[str, str | ProblemsFound | None]]
"""Outputs by path, before and after; None is no file."""


@dataclass(frozen=True)
class Difference:
    """One output on both sides; None is no file."""

    path: str
    old: str | None
    new: str | None

    @cached_property
    def lines(self) -> list[str]:
        """The unified diff."""
        return texts.unified(self.path, self.old, self.new)

    @cached_property
    def blocks(self) -> list[texts.Block]:
        """The places where the two differ."""
        return texts.blocks(texts.lines_of(self.old or ""), texts.lines_of(self.new or ""))

    @property
    def status(self) -> str:
        """`new`, `gone` or `changed`."""
        return "new" if self.old is None else "gone" if self.new is None else "changed"

    @property
    def added(self) -> int:
        return sum(len(block.new) for block in self.blocks)

    @property
    def removed(self) -> int:
        return sum(len(block.old) for block in self.blocks)


@dataclass(frozen=True)
class Differences:
    """What differs, in order of path, and why some outputs cannot be told."""

    files: tuple[Difference, ...]
    problems: tuple[Problem, ...]

    def told(self, more: Iterable[Problem]) -> Differences:
        """With what is wrong beyond any one output."""
        return Differences(self.files, tuple(sorted({*self.problems, *more}, key=str)))


def compare(sides: Sides) -> Differences:
    """What differs between two sets of outputs; of one that cannot be planned, why."""
    old, new = sides
    found, problems = [], set()
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        broken = [side for side in (before, after) if isinstance(side, ProblemsFound)]
        problems.update(problem for side in broken for problem in side.problems)
        if not broken and before != after:
            found.append(Difference(path, before, after))
    return Differences(tuple(found), ()).told(problems)


def from_tree(layout: Layout, words: Sequence[str], progress: Progress) -> Differences:
    """From what lies in the tree to what its specs and templates give."""
    selection = Selection.of(layout, words, owners(layout))
    types = selection.model_types
    planned = plan(layout, types, progress=progress)
    leftovers = _leftovers(layout) if types is None else []
    there = {path: read(layout, path) for path in (*planned, *leftovers)}
    found = compare(_chosen(selection, there, planned))
    return found.told(from_index(layout).problems) if types is None else found


def from_revision(layout: Layout, revision: str, words: Sequence[str], progress: Progress) -> Differences:
    """From what the specs and templates of a revision give to what those of the tree give.

    Both by the toolchain that runs. Only what a changed file reaches is planned.
    """
    with revisions.folder_of(layout, revision) as old:
        selection = Selection.of(layout, words, owners(old) | owners(layout))
        changed = [path for path in revisions.changed(layout, revision) if not path.startswith(_CODE)]
        moved = [path for path in changed if not says_the_same(old, layout, path)]
        types = planned_types(together(reach(old, moved), reach(layout, moved)))
        wanted = selection.model_types
        chosen = types if wanted is None else types.intersection(wanted)
        kept = layout.cache / "plans-of-revisions"  # those of the tree stay beside them
        before = _named(revision, _planned(old, chosen, wanted is None, progress, kept))
        after = _planned(layout, chosen, wanted is None, progress)
    return compare(_chosen(selection, before, after))


def read(layout: Layout, path: str) -> str | None:
    """The text of a file below the root, whatever its bytes; None without one."""
    try:
        return Path(layout.root, path).read_bytes().decode(errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None


def _planned(
    layout: Layout, types: Collection[str], with_shared: bool, progress: Progress, cache: Path | None = None
) -> Planned:
    known = sorted(from_index(layout).by_name.keys() & types)
    planned = plan(layout, known, cache=cache, progress=progress)
    return planned | (shared(layout) if with_shared else {})


def _named(revision: str, planned: Planned) -> Planned:
    """With problems that say in which revision they are, as git writes it."""

    def named(found: ProblemsFound) -> ProblemsFound:
        return ProblemsFound(replace(each, path=f"{revision}:{each.path}") for each in found.problems)

    return {path: named(made) if isinstance(made, ProblemsFound) else made for path, made in planned.items()}


def _chosen(selection: Selection, old: Mapping, new: Mapping) -> Sides:
    selection.check({*old, *new})
    return tuple({path: side[path] for path in side if selection.has(path)} for side in (old, new))


def _leftovers(layout: Layout) -> list[str]:
    """What this toolchain wrote and no spec owns any more."""
    return [path.as_posix() for path in orphans(layout, owned(from_index(layout).by_name))]
