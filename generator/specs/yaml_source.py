"""One YAML file → plain data that knows its lines; no bytes raise anything but `ProblemsFound`.

Specs use the plain part of YAML: mappings with text keys, lists, text, numbers, true/false, null.
Anchors, aliases, tags and merge keys are refused, so that a file can neither run code nor grow when
it is read. Dates stay the text that they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from yaml import CSafeLoader, MarkedYAMLError, ScalarNode, YAMLError
from yaml.constructor import SafeConstructor
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from generator.errors import Problem, ProblemsFound, raise_if_any

ValuePath = tuple[str | int, ...]

# libyaml's own limits are memory and the C stack; no spec is nested half as deep.
_MAX_DEPTH = 50
_MAX_INT = 2**63
_TAG = "tag:yaml.org,2002:"
_LONGEST_QUOTE = 60


class Place(NamedTuple):
    """Where a value was written; the path is relative to the root of the checkout."""

    path: str
    line: int


@dataclass(frozen=True)
class Document:
    """The data of a YAML file, and the place of every value by its path of keys and indices."""

    path: str
    data: Any
    places: Mapping[ValuePath, Place]

    def place(self, keys: ValuePath = ()) -> Place:
        """The place of a value, or of the nearest value around it that was written down."""
        while keys not in self.places:
            keys = keys[:-1]
        return self.places[keys]

    def problem(self, keys: ValuePath, message: str, hint: str | None = None) -> Problem:
        """A problem with the value at `keys`."""
        return Problem(*self.place(keys), message, hint)


def read(file: Path, root: Path) -> Document:
    """Read a YAML file below `root`."""
    path = file.relative_to(root).as_posix()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ProblemsFound([Problem(path, None, f"cannot be read: {error.strerror}")]) from None
    return parse(content, path)


def parse(content: bytes, path: str) -> Document:
    """Turn the bytes of a YAML file into a document; `path` is what its problems will name."""
    builder = _Builder(path, CSafeLoader(_decode(content, path)))
    try:
        data = builder.document()
    except YAMLError as error:
        raise ProblemsFound([*builder.problems, _syntax_problem(error, content, path)]) from None
    finally:
        builder.loader.dispose()
    raise_if_any(builder.problems)
    return Document(path, data, builder.places)


def quoted(text: str) -> str:
    """A text from a spec as it can stand in a message: on one line, printable, not endless."""
    shown = text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
    return "".join(
        c if c.isprintable() else json.dumps(c)[1:-1] for c in json.dumps(shown, ensure_ascii=False)
    )


def _decode(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"not UTF-8: the byte 0x{content[error.start]:02x} cannot stand here"
        problem = Problem(path, line, what, "save the file as UTF-8")
        raise ProblemsFound([problem]) from None


def _syntax_problem(error: YAMLError, content: bytes, path: str) -> Problem:
    if isinstance(error, ReaderError):
        line = content.count(b"\n", 0, error.position) + 1
        what = "a control character cannot stand in a YAML file"
        return Problem(path, line, what, r'in double quotes, write it as an escape like "\x07"')
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return Problem(path, None, f"not valid YAML: {error}")
    line = error.problem_mark.line + 1
    written = content.split(b"\n")[line - 1 : line]
    if written and b"\t" in written[0][: len(written[0]) - len(written[0].lstrip())]:
        return Problem(path, line, "a tab cannot indent a line of YAML", "indent with spaces")
    context = f" {error.context}" if error.context else ""
    return Problem(path, line, f"not valid YAML{context}: {error.problem}")


def _is_too_large(number: Any) -> bool:
    return isinstance(number, int) and not -_MAX_INT <= number < _MAX_INT


_constructor = SafeConstructor()
_SCALARS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "null": ("nothing", _constructor.construct_yaml_null),
    "bool": ("true or false", _constructor.construct_yaml_bool),
    "int": ("a number", _constructor.construct_yaml_int),
    "float": ("a number", _constructor.construct_yaml_float),
    "timestamp": ("a date", _constructor.construct_scalar),
}


@dataclass
class _Builder:
    """Builds the value of a document from the parser's events, noting where each part begins.

    Events rather than `yaml.compose`, which recurses in C and crashes the process on deep nesting.
    """

    path: str
    loader: CSafeLoader
    places: dict[ValuePath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def document(self) -> Any:
        """The value of the only document of the file, which is a mapping."""
        self.loader.get_event()  # the start of the stream
        if not self.loader.check_event(DocumentStartEvent):
            raise ProblemsFound([Problem(self.path, 1, "the file is empty")])
        self.loader.get_event()
        first = self.loader.get_event()
        data = self._value(first, ())
        self.loader.get_event()  # the end of the document
        if not self.loader.check_event(StreamEndEvent):
            what = "a second document begins here"
            self._problem(self.loader.peek_event(), what, "keep one document in a file")
        if not isinstance(data, dict) and not self.problems:
            self._problem(first, f"expected a mapping, found {describe(data)}", "write `key: value` lines")
        return data

    def _value(self, event: Event, keys: ValuePath) -> Any:
        self.places.setdefault(keys, Place(self.path, event.start_mark.line + 1))
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self._problem(event, "anchors and aliases are not used in specs", "write the value out")
        elif event.tag is not None:
            self._problem(event, f"the tag {quoted(event.tag)} is not used in specs", "take it out")
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, keys)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, keys)
        return self._scalar(event) if isinstance(event, ScalarEvent) else None

    def _mapping(self, start: Event, keys: ValuePath) -> dict[str, Any]:
        self._check_depth(start, keys)
        mapping: dict[str, Any] = {}
        while not isinstance(event := self.loader.get_event(), MappingEndEvent):
            key = self._key(event, keys)
            path = (*keys, key)
            if path in self.places:
                first = self.places[path].line
                self._problem(event, f"the key {quoted(key)} is given twice; first on line {first}")
            else:
                self.places[path] = Place(self.path, event.start_mark.line + 1)
            mapping[key] = self._value(self.loader.get_event(), path)
        return mapping

    def _key(self, event: Event, keys: ValuePath) -> str:
        if not isinstance(event, ScalarEvent):
            self._problem(event, "a key must be text", "write `key: value`")
            self._value(event, (*keys, -1))
            return ""
        if event.anchor or event.tag:
            self._problem(event, "a key has neither anchor nor tag", "write the key alone")
        tag = self._tag(event)
        if tag == "merge":
            self._problem(event, "the merge key << is not used in specs", "write the keys out")
        elif tag in _SCALARS:
            means = _SCALARS[tag][0]
            hint = f"write it in quotes: {quoted(event.value)}"
            self._problem(
                event,
                f"the key {event.value or 'before the colon'} is read as {means}, not text",
                hint,
            )
        return event.value

    def _sequence(self, start: Event, keys: ValuePath) -> list[Any]:
        self._check_depth(start, keys)
        items: list[Any] = []
        while not isinstance(event := self.loader.get_event(), SequenceEndEvent):
            items.append(self._value(event, (*keys, len(items))))
        return items

    def _scalar(self, event: ScalarEvent) -> Any:
        tag = self._tag(event)
        if tag not in _SCALARS:
            return event.value
        kind, construct = _SCALARS[tag]
        try:
            value = construct(ScalarNode(_TAG + tag, event.value))
        except ValueError:
            value = None
            self._problem(event, f"{quoted(event.value)} is not {kind}", "write it in quotes if it is text")
        if _is_too_large(value):
            self._problem(event, "this number does not fit into 64 bits", "write it in quotes if it is text")
        return value

    def _tag(self, event: ScalarEvent) -> str:
        """What a scalar is by the way it is written: "str" in quotes, else by YAML's rules."""
        if not event.implicit[0]:
            return "str"
        return self.loader.resolve(ScalarNode, event.value, event.implicit).removeprefix(_TAG)

    def _check_depth(self, event: Event, keys: ValuePath) -> None:
        if len(keys) >= _MAX_DEPTH:
            self._problem(event, f"nested deeper than {_MAX_DEPTH} levels")
            raise ProblemsFound(self.problems)

    def _problem(self, event: Event, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self.path, event.start_mark.line + 1, message, hint))


def describe(value: Any) -> str:
    """What a person would call a value that was found where another kind of value belongs."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list) else "a mapping"
