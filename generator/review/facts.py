"""What changed in a spec, fact by fact: its key, what it was and what it is, and the line to look at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from generator.naming import Layout
from generator.specs import yaml_source
from generator.specs.typed import dotted
from generator.specs.yaml_source import Document, Place, ValuePath

_OVERLAYS = "specs/overlays/"
_NOTHING = object()


@dataclass(frozen=True)
class FactChange:
    """One fact of one spec file. Values are JSON; None is a fact that is not given."""

    path: str
    line: int
    """In the file as it is now, or as it was where the fact is gone."""
    key: str
    old: str | None
    new: str | None


def fact_changes(old: Layout, new: Layout, path: str) -> list[FactChange]:
    """The facts of a spec file that differ. Raises `ProblemsFound` for YAML that cannot be read.

    A file that came or went has none, since it is told of as a whole; but an overlay, which corrects facts
    that there are without it, has those.
    """
    before, after = (_read(side, path) for side in (old, new))
    if path.startswith(_OVERLAYS):
        return list(_of_overlays(_Overlay.of(old, path, before), _Overlay.of(new, path, after)))
    if before is None or after is None:
        return []
    found = _differing(before.data, after.data, ())
    return [_told(change, (before if change[2] is _NOTHING else after).place(change[0])) for change in found]


@dataclass(frozen=True)
class _Overlay:
    """An overlay by the keys of the spec that it corrects."""

    path: str
    settings: Mapping[ValuePath, tuple[Any, Place]]
    reasons: Mapping[str, Place]
    derived: Any
    """The data of the spec without it."""

    @classmethod
    def of(cls, layout: Layout, path: str, document: Document | None) -> _Overlay:
        spec = _read(layout, path.replace(_OVERLAYS, "specs/models/", 1))
        settings, reasons = {}, {}
        entries = document.data.get("entries") if document else None
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                where: ValuePath = ("entries", number)
                for keys, value in _leaves(entry.get("set"), ()):
                    settings[keys] = (value, document.place((*where, "set", *keys)))
                reasons[str(entry.get("reason"))] = document.place((*where, "reason"))
        return cls(path, settings, reasons, spec.data if spec else {})

    def value(self, keys: ValuePath) -> Any:
        """What holds with the overlay: what it says, else what was derived."""
        if keys in self.settings:
            return self.settings[keys][0]
        value = self.derived
        for key in keys:
            value = value.get(key, _NOTHING) if isinstance(value, dict) else _NOTHING
        return value


def _of_overlays(old: _Overlay, new: _Overlay) -> Iterator[FactChange]:
    for keys in [*new.settings, *(keys for keys in old.settings if keys not in new.settings)]:
        place = (new if keys in new.settings else old).settings[keys][1]
        for change in _differing(old.value(keys), new.value(keys), keys):
            yield _told(change, place)
    for side, other in ((old, new), (new, old)):
        for reason in [reason for reason in side.reasons if reason not in other.reasons]:
            values = (reason, _NOTHING) if side is old else (_NOTHING, reason)
            yield _told((("reason",), *values), side.reasons[reason])


def _leaves(value: Any, keys: ValuePath) -> Iterator[tuple[ValuePath, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*keys, key))
    elif keys:
        yield keys, value


_Change = tuple[ValuePath, Any, Any]


def _differing(old: Any, new: Any, keys: ValuePath) -> Iterator[_Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _differing(old.get(key, _NOTHING), new.get(key, _NOTHING), (*keys, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, keys)
    elif _json(old) != _json(new):
        yield keys, old, new


def _of_lists(old: list[Any], new: list[Any], keys: ValuePath) -> Iterator[_Change]:
    """Item by item, so that one that is put in does not change all after it."""
    matcher = SequenceMatcher(None, list(map(_json, old)), list(map(_json, new)), autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "replace" and j - i == m - k:
            for offset in range(j - i):
                yield from _differing(old[i + offset], new[k + offset], (*keys, k + offset))
        elif tag != "equal":
            yield from (((*keys, at), old[at], _NOTHING) for at in range(i, j))
            yield from (((*keys, at), _NOTHING, new[at]) for at in range(k, m))


def _told(change: _Change, place: Place) -> FactChange:
    keys, old, new = change
    return FactChange(place.path, place.line, dotted(keys), _json(old), _json(new))


def _read(layout: Layout, path: str) -> Document | None:
    file = Path(layout.root, path)
    return yaml_source.read(file, layout.root) if file.exists() else None


def _json(value: Any) -> str | None:
    return None if value is _NOTHING else json.dumps(value, ensure_ascii=False, sort_keys=True)
