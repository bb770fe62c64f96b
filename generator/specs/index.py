"""What the task graph needs to know of all models, at the cost of a few stats.

The index is a cache: it holds the stamp of every file that decided it, and as long as these are the
same, reading it imports neither yaml nor pydantic. What changed since is parsed again, the rest is
kept. A file that is damaged, foreign or written by other code is no index, and is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generator.errors import Problem
from generator.naming import Layout

_FILE = "specs.index.json"
_CODE = "code/"
_SPEC_FOLDERS = ("models", "overlays", "aliases", "families", "tasks", "hardware", "precisions")
_TEMPLATE_FOLDERS = ("skillsets", "skillsets/tasks", "tests", "tests/tasks")
# The kernel's clock for files ticks every 10 ms at the slowest, so a file this young can change
# without a new stamp.
_YOUNG_NS = 50_000_000

Stamp = list[int] | None
Stamps = dict[str, Stamp]


@dataclass(frozen=True)
class ModelEntry:
    """What the task graph knows of one model type; `files` are the YAML files that decide it."""

    model_type: str
    family: str
    default_task: str
    tasks: Mapping[str, str]
    """Task → the template that serves it; without those that are withheld."""
    withheld: Mapping[str, str]
    """Task → why it is not served yet."""
    files: tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """The good models, the broken ones with what is wrong, and every problem there is."""

    models: Mapping[str, ModelEntry]
    broken: Mapping[str, tuple[Problem, ...]]
    problems: tuple[Problem, ...]


def read(layout: Layout) -> Index:
    """The index of the specs as they are now."""
    stamps = _stamps(layout)
    stored = _load(layout.cache / _FILE)
    if stored is not None and stored[0] == stamps:
        return stored[1]
    index = _build(layout, _unchanged(stored, stamps))
    # Without a cache to write to, the next run builds the index again; nothing else is lost.
    with contextlib.suppress(OSError):
        _store(layout.cache / _FILE, _settled(stamps), index)
    return index


def _stamps(layout: Layout) -> Stamps:
    """Every file that decides the index: specs, that templates exist, the code beside this."""
    stamps: Stamps = {}
    for name in _SPEC_FOLDERS:
        stamps.update(_stamps_in(layout.specs / name, f"specs/{name}/"))
    for name in _TEMPLATE_FOLDERS:
        stamps.update((f"templates/{name}/{file}", []) for file in _listing(layout.templates / name))
    stamps.update(_stamps_in(Path(__file__).parent, _CODE))
    return stamps


def _listing(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []


def _stamps_in(folder: Path, prefix: str) -> Iterator[tuple[str, Stamp]]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "__")):  # an editor's lock, Python's own cache
                continue
            with contextlib.suppress(FileNotFoundError):  # removed, or a dangling link
                stat = entry.stat()
                yield prefix + entry.name, [stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size]


def _settled(stamps: Stamps) -> Stamps:
    """The stamps that can be trusted: a file that was written just now is looked at again."""
    young = time.time_ns() - _YOUNG_NS
    return {path: None if stamp and stamp[1] > young else stamp for path, stamp in stamps.items()}


def _load(file: Path) -> tuple[Stamps, Index] | None:
    try:
        digest, _, body = file.read_bytes().partition(b"\n")
    except OSError:
        return None
    if digest != _digest(body):
        return None
    data = json.loads(body)
    try:
        return data["stamps"], _decode(data)
    except (KeyError, TypeError):  # written by a version with other fields
        return None


def _store(file: Path, stamps: Stamps, index: Index) -> None:
    body = json.dumps({"stamps": stamps, **asdict(index)}, separators=(",", ":")).encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{_FILE}.")
    with os.fdopen(handle, "wb") as stream:
        stream.write(_digest(body) + b"\n" + body)
    Path(temporary).replace(file)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).hexdigest().encode()


def _decode(data: dict[str, Any]) -> Index:
    models = {
        name: ModelEntry(**{**entry, "files": tuple(entry["files"])})
        for name, entry in data["models"].items()
    }
    broken = {name: tuple(Problem(**p) for p in found) for name, found in data["broken"].items()}
    return Index(models, broken, tuple(Problem(**p) for p in data["problems"]))


def _unchanged(stored: tuple[Stamps, Index] | None, stamps: Stamps) -> dict[str, ModelEntry]:
    """The entries that every file still agrees with; none if the code changed."""
    if stored is None:
        return {}
    old, index = stored
    changed = {path for path in old.keys() | stamps.keys() if old.get(path, 0) != stamps.get(path, 0)}
    if any(path.startswith(_CODE) for path in changed):
        return {}
    return {
        name: entry
        for name, entry in index.models.items()
        if changed.isdisjoint(entry.files) and f"specs/overlays/{name}.yaml" not in changed
    }


def _build(layout: Layout, unchanged: Mapping[str, ModelEntry]) -> Index:
    from generator.specs import catalogue  # brings yaml and pydantic

    loader = catalogue.Loader(layout)
    models: dict[str, ModelEntry] = {}
    broken: dict[str, tuple[Problem, ...]] = {}
    for name in loader.names(catalogue.MODELS):
        if name in unchanged and not loader.collides(catalogue.MODELS, name):
            models[name] = unchanged[name]
        elif (spec := loader.model(name)) is not None:
            models[name] = _entry(spec.value, loader.decided_by(spec.value))
        else:
            broken[name] = loader.why(name)
    problems = {*loader.tree_problems(), *loader.problems}
    return Index(models, broken, tuple(sorted(problems, key=str)))


def _entry(model: Any, decided_by: tuple[tuple[str, str], ...]) -> ModelEntry:
    return ModelEntry(
        model_type=model.model_type,
        family=model.family,
        default_task=model.default_task,
        tasks={name: binding.template for name, binding in model.tasks.items() if name not in model.withheld},
        withheld=dict(model.withheld),
        files=tuple(sorted(f"specs/{folder}/{name}.yaml" for folder, name in decided_by)),
    )
