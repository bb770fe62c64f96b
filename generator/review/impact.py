"""What a change comes to: the facts, templates and code that changed, and how outputs differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from generator import manifest
from generator.errors import Problem, ProblemsFound
from generator.graph.models import from_index
from generator.manifest import Author, Manifest
from generator.naming import Layout
from generator.review import hunks, revisions
from generator.review.differences import Difference, Sides, compare, read
from generator.review.fact_effects import changed_by_facts
from generator.review.facts import FactChange, fact_changes
from generator.review.hunks import Group
from generator.review.names import Names, names_of
from generator.review.planning import Progress, plan, shared
from generator.review.reach import (
    SETTINGS,
    Reach,
    is_measured,
    outputs_of,
    owners,
    planned_types,
    reach,
    says_the_same,
    shared_outputs,
    together,
)

WORKING_TREE = "the working tree"
_SOURCES = ("specs/", "templates/", "generator/", "skillset_runtime/")
_OUTPUTS = ("generated/", "specs/schemas/", "skillset_runtime/targets.py")
_MANIFEST = "generated/SHA256SUMS"


@dataclass(frozen=True)
class Source:
    """A file that outputs are made from, and that changed."""

    path: str
    status: str
    """`new`, `gone` or `changed`."""
    facts: tuple[FactChange, ...]
    runs: Reach
    """The tasks that read it now."""
    outputs: tuple[str, ...]
    """The outputs it reaches, now or before, that differ."""


@dataclass(frozen=True)
class Impact:
    """A change and what comes of it."""

    old: str
    new: str
    sources: tuple[Source, ...]
    written: tuple[Difference, ...]
    """The outputs that templates and generator write, and that differ."""
    groups: tuple[Group, ...]
    """The distinct hunks of those that are there on both sides."""
    measured: tuple[Difference, ...]
    """The results of running models that differ."""
    waiting: tuple[str, ...]
    """Outputs in the tree that are not generated anew since the change."""
    by_hand: tuple[str, ...]
    """Outputs in the tree that a person has edited."""
    families: Mapping[str, str]
    """Every output that a model type has or could have → its family."""
    problems: tuple[Problem, ...]

    @property
    def broken(self) -> frozenset[str]:
        """The files that have a mistake, so that not everything they reach can be told."""
        return frozenset(problem.path for problem in self.problems)


@dataclass(frozen=True)
class _Change:
    """Both sides of a change as folders, and the files that differ."""

    old: Layout
    new: Layout
    files: tuple[str, ...]

    def sources(self) -> Iterator[str]:
        for path in self.files:
            if path == SETTINGS or (path.startswith(_SOURCES) and not path.startswith(_OUTPUTS)):
                yield path

    def outputs(self) -> list[str]:
        return [path for path in self.files if path.startswith(_OUTPUTS) and path != _MANIFEST]


@dataclass(frozen=True)
class _Outputs:
    """The outputs that may differ, on both sides and in the tree."""

    sides: Sides
    lying: Mapping[str, str | None] = field(default_factory=dict)
    """What is in the tree, where that may not be what the change gives."""
    by_facts: frozenset[str] | None = None
    """Those that changed facts reach by themselves, where templates or code changed too."""

    def stale(self, signed: Manifest) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The outputs in the tree that are not what the change gives: ours, and those edited by hand."""
        new = self.sides[1]
        stale = [path for path, text in sorted(self.lying.items()) if text != new.get(path)]
        stale = [path for path in stale if not isinstance(new.get(path), ProblemsFound)]
        by_hand = tuple(path for path in stale if _is_by_hand(signed, path, self.lying[path]))
        return tuple(path for path in stale if path not in by_hand), by_hand


def _is_by_hand(signed: Manifest, path: str, text: str | None) -> bool:
    content = None if text is None else text.encode(errors="surrogateescape")
    return content is not None and signed.author(path, content) is Author.HAND


def of_revisions(layout: Layout, old: str, new: str) -> Impact:
    """Between two revisions, whose outputs are what is committed in them."""
    commits = [revisions.commit_of(layout, revision) for revision in (old, new)]
    with ExitStack() as stack:
        sides = [stack.enter_context(revisions.folder_of(layout, commit)) for commit in commits]
        change = _Change(*sides, tuple(revisions.changed(layout, *commits)))
        before, after = ({path: read(side, path) for path in change.outputs()} for side in sides)
        return _impact((old, new), change, _Reaches.of(change), _Outputs((before, after)))


def of_tree(layout: Layout, old: str, progress: Progress) -> Impact:
    """From a revision to the working tree, whose outputs are what its specs and templates give.

    What a model has to be run for is as it lies in the tree. Only what the change reaches is planned.
    """
    with revisions.folder_of(layout, old) as before:
        change = _Change(before, layout, tuple(revisions.changed(layout, old)))
        reaches = _Reaches.of(change)
        impact = _impact((old, WORKING_TREE), change, reaches, _planned(change, reaches.either, progress))
        problems = {*impact.problems, *from_index(layout).problems}
        return replace(impact, problems=tuple(sorted(problems, key=str)))


def _planned(change: _Change, reaches: Mapping[str, Reach], progress: Progress) -> _Outputs:
    old, new = change.old, change.new
    owned = owners(old) | owners(new)
    types = planned_types(reaches) | {owned[path] for path in change.outputs() if path in owned}
    planned = plan(new, sorted(types & from_index(new).by_name.keys()), progress=progress)
    own = [path for path, name in owned.items() if name in types and not is_measured(path)]
    after = {path: read(new, path) for path in change.outputs() if is_measured(path)}
    after |= planned | shared(new)
    paths = {*after, *own, *change.outputs()}
    others = [path for path in reaches if not path.startswith(("specs/", "generated/"))]
    facts = changed_by_facts(old, new, reaches, planned, progress) if others else None
    return _Outputs(
        ({path: read(old, path) for path in paths}, after), {path: read(new, path) for path in paths}, facts
    )


@dataclass(frozen=True)
class _Reaches:
    """What the changed files reach, on the new side and on either."""

    new: Mapping[str, Reach]
    either: Mapping[str, Reach]

    @classmethod
    def of(cls, change: _Change) -> _Reaches:
        moved = [path for path in change.files if not says_the_same(change.old, change.new, path)]
        new = reach(change.new, moved)
        return cls(new, together(reach(change.old, moved), new))


def _impact(named: tuple[str, str], change: _Change, reaches: _Reaches, outputs: _Outputs) -> Impact:
    found, problems, sources = compare(outputs.sides), set(), []
    differing = frozenset(file.path for file in found.files)
    for path in change.sources():
        facts: list[FactChange] = []
        try:
            facts = fact_changes(change.old, change.new, path) if path.endswith(".yaml") else []
        except ProblemsFound as broken:
            problems.update(broken.problems)
        mine = _of_source(path, reaches.either.get(path, {}), outputs.by_facts, differing)
        sources.append(_source(change, path, tuple(facts), reaches.new.get(path, {}), mine))
    written = tuple(file for file in found.files if not is_measured(file.path))
    measured = tuple(file for file in found.files if is_measured(file.path))
    groups = tuple(_groups(change, written))
    told = tuple(sorted({*found.problems, *problems}, key=str))
    return Impact(
        *named,
        tuple(sources),
        written,
        groups,
        measured,
        *outputs.stale(manifest.read(change.new)),
        _families(change),
        told,
    )


def _of_source(
    path: str, reached: Reach, by_facts: frozenset[str] | None, differing: frozenset[str]
) -> frozenset[str]:
    """The outputs that differ and that a source reaches."""
    found = outputs_of(reached) & differing
    if by_facts is not None and path.startswith("specs/"):
        found &= by_facts
    return frozenset(found | shared_outputs(path, differing))


def _source(
    change: _Change, path: str, facts: tuple[FactChange, ...], runs: Reach, outputs: frozenset[str]
) -> Source:
    there = [Path(side.root, path).exists() for side in (change.old, change.new)]
    status = "changed" if all(there) else "new" if there[1] else "gone"
    return Source(path, status, facts, runs, tuple(sorted(outputs)))


def _groups(change: _Change, written: Sequence[Difference]) -> list[Group]:
    changed = [file for file in written if file.status == "changed"]
    owned = owners(change.old) | owners(change.new)
    types = {owned[file.path] for file in changed if file.path in owned}
    names = {name: names_of((change.old, change.new), name) for name in types}
    by_path: dict[str, Names] = {file.path: names[owned[file.path]] for file in changed if file.path in owned}
    return hunks.group(changed, by_path)


def _families(change: _Change) -> dict[str, str]:
    found = {}
    for side in (change.old, change.new):
        models = from_index(side).by_name
        found.update({path: models[name].family for path, name in owners(side).items()})
    return found
