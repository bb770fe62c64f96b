"""Turns a hand edit of a skillset into a code overlay, so that generating it anew gives the same.

What was edited is what differs from the plan. Nothing is believed: the overlay is laid over what the
templates write, and only if all of the edit is there, to the comment, is it written.
"""

from __future__ import annotations

import difflib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import libcst as cst

from generator import formatting, plan, publish, sanity, syntax, transforms
from generator.code_overlay import differences, edit, parse, scopes
from generator.code_overlay.parse import CodeOverlay
from generator.errors import Problem, ProblemsFound, did_you_mean, raise_if_any
from generator.naming import Layout
from generator.review import not_adoptable
from generator.sanity import GeneratedFile
from generator.specs import catalogue
from generator.transforms import TransformFacts, unused_imports


@dataclass(frozen=True)
class Adoption:
    """A hand edit as an overlay; `before` and `after` are its texts, alike where nothing is adopted."""

    model_type: str
    path: str
    """Of the overlay, below the root."""
    before: str
    after: str
    entries: tuple[str, ...]
    """What it puts in and takes out: `replaces FillMask.answer`."""

    def diff(self) -> str:
        """What changes in the overlay, as a unified diff."""
        old, new = (text.splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(
            difflib.unified_diff(old, new, f"a/{self.path}" if old else "/dev/null", f"b/{self.path}")
        )


def adopt(layout: Layout, file: Path, reason: str | None = None) -> Adoption:
    """The overlay that keeps the hand edit of a generated file. Raises `ProblemsFound` where none can."""
    model_type = _model_type(layout, file)
    written = plan.write_skillset(layout, model_type)
    facts = written.facts
    planned = plan.plan_skillsets(layout, [model_type])[model_type]
    if isinstance(planned, Exception):
        raise planned
    source = _read(layout.skillset(model_type), facts.path)
    base = _formatted(transforms.apply(written.text, facts), facts.path, layout)
    overlay = layout.code_overlay(model_type)
    before = overlay.read_bytes().decode() if overlay.exists() else ""
    path = overlay.relative_to(layout.root).as_posix()
    edited = _Edit(model_type, written, base, planned, source, _tidy(source, facts, layout), path)
    if edited.hand_now == planned or (edited.is_before_overlay and edited.hand_now == base):
        return Adoption(model_type, path, before, before, ())
    raise_if_any(_stale(layout, edited))
    return _adopted(layout, edited, before, reason)


def write(layout: Layout, adoption: Adoption) -> None:
    """Bring the overlay to what the adoption makes of it; one without entries is removed."""
    path = Path(adoption.path)
    if adoption.after:
        publish.publish({path: publish.encode(adoption.after)}, layout)
    else:
        publish.prune([path], layout)


@dataclass(frozen=True)
class _Edit:
    """A skillset that was edited."""

    model_type: str
    written: GeneratedFile
    """As the templates write it."""
    base: str
    """As it is planned without its code overlay."""
    planned: str
    source: str
    """As it lies there."""
    hand: str
    """That, in the toolchain's layout."""
    overlay: str
    """The path of its code overlay, which there may not be yet."""

    @property
    def is_before_overlay(self) -> bool:
        """Whether its header does not know of the overlay yet: it was not generated since there is one."""
        head = _parted(self.planned)[0]
        return _parted(self.hand)[0] == head.replace(f" and {self.overlay}", "") != head

    @property
    def hand_now(self) -> str:
        """The edited file under the header that it would have now."""
        head, rest = _parted(self.hand)
        return (_parted(self.planned)[0] if self.is_before_overlay else head) + rest


def _adopted(layout: Layout, edited: _Edit, before: str, reason: str | None) -> Adoption:
    path = edited.overlay
    overlay = parse.parse(before, path) if before else None
    texts = (edited.hand, edited.planned, edited.base)
    found = differences.edits(*map(cst.parse_module, texts), overlay)
    if found.drop and edited.is_before_overlay:
        message, hint = (
            f"is older than {path}",
            f"generate it, then edit it: doit generate:{edited.model_type}",
        )
        raise ProblemsFound([Problem(edited.written.facts.path, None, message, hint)])
    default = None if before else f"How the skillset of {edited.model_type} differs from what is generated."
    after = edit.apply(before, found, reason or default)
    after = formatting.format_sources({Path(path): after}, layout.root / "pyproject.toml")[Path(path)]
    result = parse.parse(after, path)
    _verify(layout, edited, result if result.entries else None)
    return Adoption(edited.model_type, path, before, after if result.entries else "", tuple(_said(found)))


def _said(found: edit.Edits) -> Iterator[str]:
    yield from (f"{entry.kind} {entry.shown}" for entry in found.put)
    yield from (f"takes out {scopes.qualified(owner, name)}" for owner, name in found.drop)


def _verify(layout: Layout, edited: _Edit, overlay: CodeOverlay | None) -> None:
    """Refuse, line by line, what generating the skillset with the overlay would not bring back."""
    facts = replace(edited.written.facts, overlay=overlay)
    text = _formatted(transforms.apply(edited.written.text, facts), facts.path, layout)
    # The header is written anew, with the name of the overlay: nothing of it is for an overlay to change.
    kept = _parted(edited.planned)[0] + _parted(text)[1]
    raise_if_any(not_adoptable.problems(edited.source, edited.hand_now, kept, facts.path, edited.model_type))
    raise_if_any(sanity.check({Path(facts.path): GeneratedFile(text, facts)}, layout))


def _parted(text: str) -> tuple[str, str]:
    """A skillset's docstring, and the rest."""
    head, end, rest = text.partition('"""\n')
    return head + end, rest


def _model_type(layout: Layout, file: Path) -> str:
    """The model type whose skillset a file is."""
    path = file.absolute()
    types = {
        layout.skillset(name).resolve(): name for name in catalogue.Loader(layout).names(catalogue.MODELS)
    }
    if (found := types.get(path.resolve())) is not None and path.exists():
        return found
    shown = path.relative_to(layout.root).as_posix() if path.is_relative_to(layout.root) else str(file)
    if not path.exists():
        near = did_you_mean(path.stem, [known.stem for known in types])
        raise ProblemsFound([Problem(shown, None, "there is no such file", near)])
    raise ProblemsFound([not_adoptable.other_file(shown)])


def _read(path: Path, shown: str) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ProblemsFound([Problem(shown, None, "the file is not UTF-8", "save it as UTF-8")]) from error


def _tidy(source: str, facts: TransformFacts, layout: Layout) -> str:
    """The edited file as the toolchain would lay it out, without imports that nothing uses."""
    module = syntax.parsed(source, facts.path, "mend it first")
    return _formatted(unused_imports.transform(module, facts).code, facts.path, layout)


def _formatted(text: str, shown: str, layout: Layout) -> str:
    return formatting.format_sources({Path(shown): text}, layout.root / "pyproject.toml")[Path(shown)]


def _stale(layout: Layout, edited: _Edit) -> Iterator[Problem]:
    """A committed file that is not the plan either: the edit cannot be told from what is out of date."""
    git, shown = shutil.which("git"), edited.written.facts.path
    done = git and subprocess.run([git, "show", f"HEAD:./{shown}"], cwd=layout.root, capture_output=True)
    known = [_parted(text)[1] for text in (edited.source, edited.planned, edited.base)]
    if done and done.returncode == 0 and _parted(done.stdout.decode(errors="replace"))[1] not in known:
        message = (
            "the committed file is older than its specs and templates, which the edit cannot be told from"
        )
        yield Problem(shown, None, message, "git stash; generate and commit it; git stash pop; adopt it then")
