"""How a value from a spec becomes Python text: as a literal, a checked name, or inert prose.

Specs are data, never code. Each function returns `Code`, and a template may print nothing else.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterable
from enum import Enum
from typing import Any

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DUNDER = re.compile(r"__\w*__")
_QUOTE_AT_RISK = re.compile(r'\A"|"\Z|"(?=")|(?<=")"')
_PRAGMA = re.compile(
    r"(?i)\bnoqa\b|\w*coding[:=]|\b(fmt|isort|mypy|pragma|pylint|pyright|ruff|type|yapf)\s*:"
)
_SEPARATOR = re.compile(r"[\s,.;:|+()\[\]]*")


class Code(str):
    """Text that is safe to stand in a generated file as it is."""

    __slots__ = ()


class UnsafeValue(ValueError):
    """A value that cannot be written into a generated file the way a template asks."""


def literal(value: Any) -> Code:
    """A value as a Python literal that evaluates to an equal value; the same text every time."""
    return Code(_literal(value))


def _literal(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return repr(str.__str__(value))
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f'float("{value!r}")'
    if value is None or isinstance(value, (bool, int)):
        return repr(value)
    return _container(value)


def _container(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + "".join(f"{_literal(item)}, " for item in value).rstrip(" ") + ")"
    # An undefined value of a template raises its own, better error here, when it is made a string.
    raise UnsafeValue(f"{str(value)!r} is a {type(value).__name__}, which has no literal")


def identifier(value: str) -> Code:
    """A name, checked: an ASCII identifier that is neither a keyword nor a dunder."""
    text = str(value)
    if not _IDENTIFIER.fullmatch(text) or keyword.iskeyword(text) or _DUNDER.fullmatch(text):
        raise UnsafeValue(f"{text!r} is not usable as an identifier")
    return Code(text)


def comment(value: str) -> Code:
    """Prose for one `#` comment: a single line that no tool (nor Python) takes for a directive."""
    printable = "".join(char if char.isprintable() else " " for char in str(value))
    return Code(_PRAGMA.sub(lambda match: f"<{match[0]}>", " ".join(printable.split())))


def doc(value: str) -> Code:
    '''Prose for inside a `"""` docstring: it cannot end the string, nor hold an escape.'''
    escaped = "".join(map(_escape, str(value).replace("\r\n", "\n")))
    return Code(_QUOTE_AT_RISK.sub(r'\\"', escaped))


def _escape(char: str) -> str:
    """A backslash as one; what cannot be seen (or, a surrogate, not be in a class's docstring) spelt out."""
    if char == "\n" or (char.isprintable() and char != "\\"):
        return char
    escape = char.encode("unicode_escape").decode("ascii")
    return escape if char == "\\" else f"\\{escape}"


def join(values: Iterable[Code], separator: str = "") -> Code:
    """Codes in a row; the separator is punctuation that the template wrote."""
    parts = list(values)
    for part in parts:
        require_code(part)
    if not _SEPARATOR.fullmatch(separator):
        raise UnsafeValue(f"{separator!r} is not a separator")
    return Code(separator.join(parts))


def indent(value: Code, width: int = 4) -> Code:
    """Code with every line but the first moved to the right; empty lines stay empty."""
    first, *rest = require_code(value).split("\n")
    return Code("\n".join([first, *(" " * width + line if line else line for line in rest)]))


def require_code(value: Any) -> Code:
    """Refuse what did not come through this module."""
    if isinstance(value, Code):
        return value
    shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."
    raise UnsafeValue(f"{shown} is data and would be printed as code")


FILTERS = {function.__name__: function for function in (literal, identifier, comment, doc, join, indent)}
