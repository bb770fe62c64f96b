"""A document → a typed, frozen model; pydantic's errors in the words and lines of the file."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from generator.errors import Problem, ProblemsFound, did_you_mean
from generator.specs.yaml_source import Document, ValuePath, describe, quoted

Model = TypeVar("Model", bound=BaseModel)
_KEY = "[key]"

# pydantic's error type → what was expected there
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "model_type": "a mapping",
    "date_type": "a date like 2018-10-31",
    "date_parsing": "a date like 2018-10-31",
    "date_from_datetime_parsing": "a date like 2018-10-31",
    "date_from_datetime_inexact": "a date like 2018-10-31",
}

_REFUSED = ("string_pattern_mismatch", "enum", "value_error")

# a pattern that does nothing but list texts
_ALTERNATIVES = re.compile(r"\^\(([\w|-]+)\)\$")

# the other patterns of schema.py, in words
PATTERNS = {
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": "letters, digits, `.`, `_` and `-`, beginning with a letter or digit",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "letters, digits and `_`, not beginning with a digit",
    r"^https?://\S+$": "an address like https://example.org/page",
}


@dataclass(frozen=True)
class Located(Generic[Model]):
    """A loaded spec and the document it came from, so that later checks can name the line."""

    value: Model
    document: Document

    def problem(self, keys: ValuePath, message: str, hint: str | None = None) -> Problem:
        """A problem with the fact at `keys`, such as `("tasks", "fill-mask", "template")`."""
        return self.document.problem(keys, message, hint)


def validate(model: type[Model], document: Document) -> Located[Model]:
    """Check a document against a model of schema.py; all that is wrong is raised at once."""
    try:
        # JSON is where pydantic is strict about types and still takes a list for a tuple.
        value = model.model_validate_json(json.dumps(document.data), strict=True)
    except ValidationError as error:
        found = _worth_saying(model, error.errors(include_url=False))
        raise ProblemsFound(_problem(model, document, item) for item in found) from None
    return Located(value, document)


def type_at(annotation: Any, keys: Iterable[str | int]) -> Any:
    """The declared type of the value at `keys` below a model, or None where nothing is declared."""
    for key in keys:
        annotation = _child(_bare(annotation), key)
    return _bare(annotation)


def keys_at(model: type[BaseModel], keys: ValuePath) -> tuple[str, ...]:
    """The keys that a model declares at `keys`; none where any key goes."""
    declared = type_at(model, keys)
    return tuple(declared.model_fields) if _is_model(declared) else ()


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _bare(annotation: Any) -> Any:
    """`Annotated[X, …]` and `X | None` → `X`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(a for a in get_args(annotation) if a is not type(None)))
    return annotation


def _child(annotation: Any, key: str | int) -> Any:
    if annotation is Any:
        return Any
    if _is_model(annotation):
        declared = annotation.model_fields.get(key)
        return declared.annotation if declared else None
    if get_origin(annotation) is dict:
        return get_args(annotation)[1]
    return get_args(annotation)[0] if get_origin(annotation) is tuple else None


def _worth_saying(model: type[BaseModel], errors: list[Any]) -> list[Any]:
    """All but what another error explains: a misspelt key is also missing, bad items leave none."""
    meant = {
        (*error["loc"][:-1], near)
        for error in errors
        if error["type"] == "extra_forbidden"
        for near in get_close_matches(str(error["loc"][-1]), keys_at(model, error["loc"][:-1]), n=1)
    }
    return [
        error
        for error in errors
        if not (error["type"] == "missing" and error["loc"] in meant)
        and not (error["type"] == "too_short" and error["input"])
    ]


def _problem(model: type[BaseModel], document: Document, error: Any) -> Problem:
    keys: ValuePath = error["loc"]
    if keys[-1:] == (_KEY,):
        keys = keys[:-1]
        message = f"{quoted(str(keys[-1]))} cannot be a key of {_name(keys[:-1])}"
        return document.problem(keys, message, _allowed(error))
    return document.problem(keys, *_words(model, keys, error))


def _allowed(error: Any) -> str:
    """What a text may be instead."""
    context = error.get("ctx", {})
    if choices := _choices(context):
        return _nearest(str(error["input"]), choices)
    if pattern := context.get("pattern"):
        return f"allowed: {PATTERNS.get(pattern, f'what matches {pattern}')}"
    return str(context.get("error", error["msg"]))


def _choices(context: dict[str, str]) -> list[str]:
    """The texts to choose from, where that is what an enum or a pattern like `^(a|b)$` offers."""
    if "expected" in context:
        return re.findall(r"'([^']+)'", context["expected"])
    listed = _ALTERNATIVES.fullmatch(context.get("pattern", ""))
    return listed[1].split("|") if listed else []


def _words(model: type[BaseModel], keys: ValuePath, error: Any) -> tuple[str, str | None]:
    kind, found, context = error["type"], error["input"], error.get("ctx", {})
    name = _name(keys)
    if kind == "missing":
        return f"{name} is missing", f"add it {_where(keys[:-1])}"
    if kind == "extra_forbidden":
        declared = keys_at(model, keys[:-1])
        return f"unknown key {name}", _nearest(str(keys[-1]), declared)
    if kind in _EXPECTED:
        return f"{name} must be {_EXPECTED[kind]}, found {describe(found)}", None
    if kind in _REFUSED:
        return f"{name} cannot be {quoted(found)}", _allowed(error)
    if kind == "string_too_short":
        return f"{name} is too short", f"write at least {context['min_length']} characters"
    if kind == "too_short":
        return f"{name} is empty", "give at least one"
    return f"{name}: {error['msg']}", None


def _nearest(word: str, choices: Iterable[str]) -> str:
    choices = tuple(choices)
    return did_you_mean(word, choices) or f"known here: {', '.join(choices)}"


def _name(keys: ValuePath) -> str:
    """`("processors", 0, "kind")` → `"kind"`; an item goes by its list and its number."""
    if not keys:
        return "the file"
    *_, last = keys
    if isinstance(last, str):
        return quoted(last)
    return f"item {last + 1} of {_name(keys[:-1])}"


def _where(keys: ValuePath) -> str:
    if not keys:
        return "at the top level"
    return f"under {dotted(keys)}" if isinstance(keys[-1], str) else f"to {_name(keys)}"


def dotted(keys: ValuePath) -> str:
    """`("tasks", "fill-mask")` → `tasks.fill-mask`, as provenance names a fact."""
    return ".".join(map(str, keys))
