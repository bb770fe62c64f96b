"""Why a task has to run: which file changed and how, by the journal's record against what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator import manifest
from generator.errors import ProblemsFound
from generator.graph.facts import ABSENT
from generator.graph.keys import outputs, task_name
from generator.graph.models import Model
from generator.graph.steps import Step
from generator.manifest import Author

if TYPE_CHECKING:
    from generator.graph.build import Build
    from generator.graph.journal import Record

_SHOWN_KEYS = 4
_LONGEST = 40
_NOUNS = {"settings": "settings of "}


@dataclass(frozen=True, order=True)
class Cause:
    """One reason to run."""

    part: str
    """The part of the key, `record` or `outputs`."""
    subject: str
    """A path, a tool, or nothing."""
    change: str

    def __str__(self) -> str:
        return f"{_NOUNS.get(self.part, '')}{self.subject} {self.change}".strip()


def causes(build: Build, step: Step, model: Model) -> tuple[Cause, ...]:
    """Every reason for which a step of a model has to run; none when it is up to date."""
    if model.problems:
        return tuple(Cause("specs", "", str(problem)) for problem in model.problems)
    record = build.journal.get(task_name(step, model))
    if record is None:
        return (Cause("record", "", "it has not run in this checkout"),)
    if tuple(record.targets) != outputs(step.writes, model):
        return (Cause("record", "", "it writes other files now"),)
    return (*_of_outputs(build, record), *_of_key(build, step, model, record))


def _of_outputs(build: Build, record: Record) -> Iterator[Cause]:
    for path, digest in record.targets.items():
        found = build.facts.digest(path)
        if found == ABSENT:
            yield Cause("outputs", path, "is missing")
        elif found != digest:
            content = (build.layout.root / path).read_bytes()
            by_hand = manifest.read(build.layout).author(path, content) is Author.HAND
            yield Cause(
                "outputs", path, "was edited by hand" if by_hand else "is not what the last run here left"
            )


def _of_key(build: Build, step: Step, model: Model, record: Record) -> Iterator[Cause]:
    key, texts = build.keys.of(step, model), build.keys.texts(step, model)
    for part in sorted({*key, *record.key}):
        if key.get(part) != record.key.get(part):
            before = build.texts.get(record.key.get(part))
            if before is None:
                yield Cause(part, part, "changed; what they were is not known")
            else:
                yield from _of_part(build, part, _entries(before), _entries(texts.get(part, "")))


def _of_part(build: Build, part: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Cause]:
    for name in sorted({*old, *new}):
        before, after = old.get(name, ABSENT), new.get(name, ABSENT)
        if before != after:
            yield Cause(part, name, _change(build, part, name, before, after))


def _entries(text: str) -> dict[str, str]:
    return dict(line.rpartition(" ")[::2] for line in text.split("\n") if line)


def _change(build: Build, part: str, name: str, before: str, after: str) -> str:
    if part == "tools":
        return f"{before} → {after}"
    if ABSENT in (before, after):
        return "is new" if before == ABSENT else "is gone"
    if part == "specs" and name.endswith(".yaml"):
        return _change_of_spec(build.texts.get(before), (build.layout.root / name).read_bytes())
    return "changed"


def _change_of_spec(before: str | None, after: bytes) -> str:
    """Which keys changed, and how, as far as either text can be read."""
    from generator.specs import yaml_source  # brings yaml, and reasons are rarely asked for

    if before is None:
        return "changed"
    try:
        old, new = (yaml_source.parse(content, "") for content in (before.encode(), after))
    except ProblemsFound:
        return "changed"
    found = list(changes(old.data, new.data, ""))
    more = f", and {len(found) - _SHOWN_KEYS} more" if len(found) > _SHOWN_KEYS else ""
    told = f": {', '.join(found[:_SHOWN_KEYS])}{more}" if found else ", in layout or comments alone"
    return f"changed{told}"


def changes(old: Any, new: Any, where: str) -> Iterator[str]:
    """What differs between two values of plain data, each with the keys that lead to it."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            inner = f"{where}.{key}" if where else key
            if key not in new:
                yield f"{inner} is gone"
            elif key not in old:
                yield f"{inner} is new: {_short(new[key])}"
            else:
                yield from changes(old[key], new[key], inner)
    elif old != new:
        yield f"{where}: {_short(old)} → {_short(new)}"


def _short(value: Any) -> str:
    shown = " ".join(str(value).split())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
