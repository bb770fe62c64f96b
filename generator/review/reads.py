"""Which facts a value of a view is made from: the view is called on stand-ins that note what is read.

A text or number that a view hands on as it is keeps its own origin, so an item of a list can be told
from the others; what a view works out, such as whether an input is there, has all that it read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from generator.specs.yaml_source import ValuePath

Read = tuple[str, ValuePath]
"""The name of a source, and the path of a fact in it."""

_MANY = 2


class _Text(str):
    origin: Read


class _Whole(int):
    origin: Read


class _Float(float):
    origin: Read


_WITH_ORIGIN: dict[type, type] = {str: _Text, int: _Whole, float: _Float}


class Recorder:
    """Notes what is read of the stand-ins that it makes."""

    def __init__(self) -> None:
        self._reads: dict[Read, None] = {}

    def over(self, source: str, value: Any, path: ValuePath = ()) -> Any:
        """A stand-in of a fact: it reads like the fact itself, all the way down."""
        if isinstance(value, BaseModel):
            return _Record(self, source, value, path)
        if isinstance(value, Mapping):
            return _Mapping(self, source, value, path)
        if isinstance(value, tuple):
            return tuple(self.over(source, item, (*path, index)) for index, item in enumerate(value))
        if type(value) in _WITH_ORIGIN:
            value = _WITH_ORIGIN[type(value)](value)
            value.origin = (source, path)
        return value

    def read(self, source: str, value: Any, path: ValuePath) -> Any:
        """A stand-in of a fact that is being read."""
        self._reads[source, path] = None
        return self.over(source, value, path)

    @property
    def reads(self) -> tuple[Read, ...]:
        """What was read, without what is only around it; instead of many parts of a whole, the whole."""
        parts: dict[Read, set[str | int]] = {}
        for source, path in self._reads:
            for end, key in enumerate(path):
                parts.setdefault((source, path[:end]), set()).add(key)
        wholes = {(source, path) for (source, path), keys in parts.items() if path and len(keys) > _MANY}
        innermost = (read for read in self._reads if read not in parts)
        return tuple(dict.fromkeys(_first_in(wholes, read) for read in innermost))


def _first_in(wholes: Collection[Read], read: Read) -> Read:
    """The outermost of some wholes that a fact is part of, or the fact itself."""
    source, path = read
    around = ((source, path[:end]) for end in range(1, len(path)))
    return next((whole for whole in around if whole in wholes), read)


class _Record:
    """Stands in for a model of `schema.py`."""

    def __init__(self, recorder: Recorder, source: str, model: BaseModel, path: ValuePath):
        self._recorder, self._source, self._model, self._path = recorder, source, model, path

    def __getattr__(self, name: str) -> Any:
        return self._recorder.read(self._source, getattr(self._model, name), (*self._path, name))


class _Mapping(Mapping[Any, Any]):
    """Stands in for a mapping; whether a key is there is a fact too."""

    def __init__(self, recorder: Recorder, source: str, mapping: Mapping[Any, Any], path: ValuePath):
        self._recorder, self._source, self._mapping, self._path = recorder, source, mapping, path

    def __getitem__(self, key: Any) -> Any:
        value = self._recorder.read(self._source, self._mapping.get(key), (*self._path, str(key)))
        if key not in self._mapping:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[Any]:
        return (self._recorder.over(self._source, key, (*self._path, str(key))) for key in self._mapping)

    def __len__(self) -> int:
        return len(self._mapping)


def recorded(view: Callable[[Any], Any], subject: Callable[[Recorder], Any]) -> tuple[Any, tuple[Read, ...]]:
    """What a view makes of a subject of stand-ins, and all that it read for it."""
    recorder = Recorder()
    return view(subject(recorder)), recorder.reads


def kept_origins(value: Any, path: ValuePath) -> tuple[Read, ...]:
    """The origins that the part at a path has kept, or else those of the item that the part is of."""
    around = [value]
    for key in path:
        try:
            around.append(around[-1][key])
        except (LookupError, TypeError):
            break
    found = (tuple(_outermost(dict.fromkeys(_origins(part)))) for part in reversed(around[1:]))
    return next(filter(None, found), ())


def _outermost(reads: Collection[Read]) -> Iterator[Read]:
    """Those that do not lie within another."""
    for source, path in reads:
        if not any((source, path[:end]) in reads for end in range(len(path))):
            yield source, path


def _origins(value: Any) -> Iterator[Read]:
    if hasattr(value, "origin"):
        yield value.origin
    elif isinstance(value, Mapping):
        for each in value.items():
            yield from _origins(list(each))
    elif isinstance(value, list):
        for each in value:
            yield from _origins(each)
