"""What people correct: an overlay is merged over the data of a derived spec, then validated.

Mappings merge key by key, everything else is replaced, and null takes a key away. In free-form
settings, such as the fields of a tiny config, null is a value like any other. Each fact that an
overlay sets names the overlay's line as its provenance, and its problems point there too.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from generator.errors import Problem, did_you_mean, raise_if_any
from generator.specs.typed import dotted, type_at
from generator.specs.yaml_source import Document, Place, ValuePath, describe, quoted

_PROVENANCE = "provenance"
_ABSENT = object()


@dataclass(frozen=True)
class Setting:
    """One value that an overlay sets: where it goes in the spec, where it stands in the overlay."""

    keys: ValuePath
    value: Any
    source: ValuePath
    removes: bool


def apply(base: Document, overlay: Document, model: type[BaseModel]) -> Document:
    """Merge a valid overlay over the data of a spec, which `model` describes."""
    found = tuple(settings(overlay, model))
    raise_if_any([*_overlaps(found, overlay), *_idle(found, base, overlay)])
    data, places = copy.deepcopy(base.data), dict(base.places)
    for setting in found:
        _put(data, setting)
        _move_places(places, setting, overlay)
        _record(data, places, setting, overlay)
    return Document(base.path, data, places)


def settings(overlay: Document, model: type[BaseModel]) -> Iterator[Setting]:
    """Every single value that the entries of an overlay set."""
    for number, entry in enumerate(overlay.data["entries"]):
        source: ValuePath = ("entries", number, "set")
        for keys, value in _leaves(entry["set"], ()):
            removes = value is None and type_at(model, keys) is not Any
            yield Setting(keys, value, source + keys, removes)


def _leaves(value: Any, keys: ValuePath) -> Iterator[tuple[ValuePath, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*keys, key))
    else:
        yield keys, value


def _overlaps(found: tuple[Setting, ...], overlay: Document) -> Iterator[Problem]:
    seen: dict[ValuePath, Setting] = {}
    for setting in found:
        around = (setting.keys[:end] for end in range(len(setting.keys) + 1))
        inside = (keys for keys in seen if keys[: len(setting.keys)] == setting.keys)
        twice = next((seen[keys] for keys in (*around, *inside) if keys in seen), None)
        seen[setting.keys] = setting
        if twice is not None:
            line = overlay.place(twice.source).line
            message = f"{quoted(dotted(setting.keys))} is already set by the entry on line {line}"
            yield overlay.problem(setting.source, message, "keep one of them")


def _idle(found: tuple[Setting, ...], base: Document, overlay: Document) -> Iterator[Problem]:
    """Settings without an effect: what they correct was put right, or was never there."""
    for setting in found:
        name = quoted(dotted(setting.keys))
        current = _get(base.data, setting.keys)
        if setting.keys[0] == _PROVENANCE:
            message = "provenance is not set by hand"
            yield overlay.problem(setting.source, message, "it follows from what the overlay sets")
        elif setting.removes and current is _ABSENT:
            hint = _nearest(base.data, setting.keys)
            yield overlay.problem(setting.source, f"there is no {name} to remove in {base.path}", hint)
        elif _came_from_here(base, setting, overlay):
            continue
        elif current is not _ABSENT and _changes_nothing(current, setting.value):
            is_what = "not changed by {}" if setting.value == {} else f"already {describe(current)}"
            message = f"{name} is {is_what} in {base.path}"
            yield overlay.problem(setting.source, message, "take it out of the overlay")


def _came_from_here(base: Document, setting: Setting, overlay: Document) -> bool:
    """Whether deriving took the fact from this overlay: a checkpoint or processors that no source names."""
    provenance = base.data.get(_PROVENANCE)
    name = dotted(setting.keys)
    facts = provenance.items() if isinstance(provenance, dict) else ()
    origins = {origin for fact, origin in facts if f"{fact}.".startswith(f"{name}.")}
    return f"overlay {overlay.path}" in origins


def _changes_nothing(current: Any, value: Any) -> bool:
    if value == {}:
        return isinstance(current, dict)
    return type(current) is type(value) and current == value


def _nearest(data: Any, keys: ValuePath) -> str | None:
    *above, last = keys
    around = _get(data, tuple(above))
    return did_you_mean(str(last), filter(str.isprintable, around)) if isinstance(around, dict) else None


def _get(data: Any, keys: ValuePath) -> Any:
    for key in keys:
        if not isinstance(data, dict) or key not in data:
            return _ABSENT
        data = data[key]
    return data


def _put(data: dict[str, Any], setting: Setting) -> None:
    *above, last = setting.keys
    for key in above:
        if not isinstance(data.get(key), dict):
            data[key] = {}
        data = data[key]
    if setting.removes:
        data.pop(last, None)
    else:
        data[last] = copy.deepcopy(setting.value)


def _move_places(places: dict[ValuePath, Place], setting: Setting, overlay: Document) -> None:
    """The value and all its parts now stand in the overlay, and so do mappings made to hold it."""
    length = len(setting.keys)
    for keys in [keys for keys in places if keys[:length] == setting.keys]:
        del places[keys]
    for end in range(1, length):
        places.setdefault(setting.keys[:end], overlay.place(setting.source[: 3 + end]))
    for keys, place in overlay.places.items():
        if keys[: length + 3] == setting.source:
            places[keys[3:]] = place


def _record(
    data: dict[str, Any], places: dict[ValuePath, Place], setting: Setting, overlay: Document
) -> None:
    """The provenance of a fact that was set is the overlay; a fact that was removed has none."""
    provenance = data.setdefault(_PROVENANCE, {})
    if not isinstance(provenance, dict):
        return
    fact, place = dotted(setting.keys), overlay.place(setting.source)
    for known in [known for known in provenance if f"{known}.".startswith(f"{fact}.")]:
        del provenance[known]
    if not setting.removes:
        provenance[fact] = f"overlay {place.path}:{place.line}"
        places[_PROVENANCE, fact] = place
