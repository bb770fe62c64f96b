"""What lies below `generated/` against what the sources give: changed, missing, extra, or edited by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from generator import manifest
from generator.errors import Problem, ProblemsFound
from generator.graph.keys import output_path
from generator.graph.models import Models, from_index
from generator.graph.prune import OUTPUTS, owned
from generator.graph.steps import Output
from generator.manifest import Author
from generator.naming import Layout
from generator.publish import encode
from generator.review.planning import Planned, Progress, plan

_TASKS: Mapping[Output, str] = {
    Layout.test: "tests",
    Layout.expectations: "reference",
    Layout.requirements: "reference",
    Layout.skillset: "generate",
}
"""What every model type has, and the task that makes it."""


class State(StrEnum):
    """What is wrong with a file."""

    CHANGED = "changed"
    """Its sources give another one now."""
    MISSING = "missing"
    EXTRA = "extra"
    """No spec owns it."""
    TAMPERED = "tampered"
    """Edited by hand since it was written."""
    UNSIGNED = "unsigned"
    """As it should be, but the manifest does not say so: merged by git, say. No drift."""


@dataclass(frozen=True, order=True)
class Finding:
    """One file that is not as it should be, and the command that mends it."""

    state: State
    path: str
    reason: str
    mend: str
    mend_all: str
    """What mends every file like it."""


@dataclass(frozen=True)
class Checked:
    """What came of a check."""

    files: int
    """How many were looked at."""
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    """Why some files cannot be judged."""

    @property
    def has_drifted(self) -> bool:
        return any(finding.state is not State.UNSIGNED for finding in self.findings)


def check(
    layout: Layout,
    model_types: Sequence[str] | None = None,
    progress: Progress = lambda done, total: None,
) -> Checked:
    """Plan everything, or what some model types have, and compare; nothing is written below the root.

    Raises `ProblemsFound` for an unknown model type.
    """
    models = from_index(layout)
    planned = plan(layout, model_types, progress=progress)
    if model_types is not None:
        return _Check(layout, models, planned, model_types).of()
    found = _Check(layout, models, planned, list(models.by_name)).of(_there(layout))
    problems = {*found.problems, *models.problems}
    findings = (*_no_manifest(layout), *found.findings)
    return replace(found, findings=findings, problems=tuple(sorted(problems)))


class _Check:
    def __init__(self, layout: Layout, models: Models, planned: Planned, names: Sequence[str]):
        self._layout = layout
        self._models = models
        self._planned = planned
        self._makers = {output_path(kind, name): (kind, name) for name in names for kind in OUTPUTS}
        self._owned = owned(models.by_name)
        self._signed = manifest.read(layout)

    def of(self, there: Collection[str] = ()) -> Checked:
        """Compare what is planned or owned, and whatever else is there."""
        manifest_path = _shown(self._layout, self._layout.manifest)
        paths = sorted({*self._planned, *self._makers, *there} - {manifest_path})
        found = [finding for path in paths if (finding := self._finding(path))]
        problems = {problem for due in self._planned.values() for problem in _problems(due)}
        return Checked(len(paths), tuple(sorted(found)), tuple(sorted(problems)))

    def _finding(self, path: str) -> Finding | None:
        content = _read(self._layout.root / path)
        due = self._planned.get(path)
        if isinstance(due, ProblemsFound):
            return None
        if content is None:
            return self._missing(path) if due is not None or self._is_due(path) else None
        if due is None:
            return self._unplanned(path, content)
        return self._compared(path, content, encode(due))

    def _is_due(self, path: str) -> bool:
        """Whether a file that cannot be planned must be there all the same."""
        kind, name = self._makers.get(path, (None, ""))
        return kind in _TASKS and not self._models.by_name[name].problems

    def _missing(self, path: str) -> Finding:
        return self._told(State.MISSING, path, "it is not there")

    def _compared(self, path: str, content: bytes, due: bytes) -> Finding | None:
        signable = path.startswith("generated/")
        author = self._signed.author(path, content) if signable else Author.OURS
        if content == due:
            return self._unsigned(path) if author is not Author.OURS else None
        if author is Author.HAND:
            return self._told(State.TAMPERED, path, "it was edited by hand since it was written")
        unknown = "; whether by a person's hand, nobody knows" if author is Author.UNKNOWN else ""
        return self._told(State.CHANGED, path, f"its sources give another text now{unknown}")

    def _unplanned(self, path: str, content: bytes) -> Finding | None:
        """What running a model wrote is judged by who wrote it last; what nobody owns is too much."""
        author = self._signed.author(path, content)
        if path not in self._owned:
            return self._extra(path, author)
        if author is Author.HAND:
            return self._told(State.TAMPERED, path, "it was edited by hand since a run wrote it")
        if path in self._signed.digests and author is Author.UNKNOWN:
            return self._told(State.CHANGED, path, "it is none of the versions that runs wrote")
        return self._unsigned(path) if author is Author.UNKNOWN else None

    def _extra(self, path: str, author: Author) -> Finding:
        if author is Author.OURS:
            return Finding(State.EXTRA, path, "no spec owns it", "doit prune --yes", "doit prune --yes")
        reason = "no spec owns it, and it is not as this toolchain wrote it"
        return Finding(State.EXTRA, path, reason, f"rm {path}", "rm, one by one")

    def _unsigned(self, path: str) -> Finding | None:
        """Without any manifest, that is all there is to tell."""
        reason = "generated/SHA256SUMS does not have it as it is"
        return self._told(State.UNSIGNED, path, reason, "doit -a") if self._signed.lines else None

    def _told(self, state: State, path: str, reason: str, doit: str = "doit") -> Finding:
        kind, name = self._makers.get(path, (None, ""))
        if kind is None:
            mend = _mend_shared(self._layout, path)
            return Finding(state, path, reason, mend, mend)
        task = _TASKS.get(kind, "matrix")
        return Finding(state, path, reason, f"{doit} {task}:{name}", f"{doit} {task}")


def _no_manifest(layout: Layout) -> Iterator[Finding]:
    if not layout.manifest.exists():
        path = _shown(layout, layout.manifest)
        reason = "nobody knows who wrote what, and edits by hand cannot be told"
        yield Finding(State.MISSING, path, reason, f"git checkout -- {path}", "")


def _mend_shared(layout: Layout, path: str) -> str:
    """The command for what there is once; those tasks run whenever they are asked for."""
    if path == _shown(layout, layout.mutants_page):
        return f"git checkout -- {path}"  # what it counts took hours, and is on another machine
    if path.startswith(_shown(layout, layout.schemas)):
        return "doit schemas"
    return "doit targets" if path == _shown(layout, layout.targets) else "doit results"


def _there(layout: Layout) -> set[str]:
    """Every file below `generated/`, but for what an editor or Python leaves there."""
    files = (file for file in layout.generated.rglob("*") if file.is_file())
    shown = {_shown(layout, file) for file in files}
    return {path for path in shown if "/." not in path and "/__pycache__/" not in path}


def _problems(due: str | ProblemsFound) -> tuple[Problem, ...]:
    return due.problems if isinstance(due, ProblemsFound) else ()


def _shown(layout: Layout, path: Path) -> str:
    return path.relative_to(layout.root).as_posix()


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
