"""Renames a name of the convention in a Jinja template: in what it writes, never in its expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError

from generator.errors import Problem, ProblemsFound
from generator.review.occurrences import OWN, Rename

_JINJA = Environment(autoescape=False)  # noqa: S701 - it renders nothing
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
_LINE = re.compile(r"^(?P<indent>[ \t]*)(?P<word>class|(?:async )?def)\b")


def renamed(path: str, source: str, rename: Rename) -> str:
    """The template with the new name. Raises `ProblemsFound` if it does not parse, before or after."""
    _parse(path, source)
    text = _EXPRESSION.sub(lambda match: "\0" * len(match[0]), source)
    for start, end, new in sorted(_changes(text, rename), reverse=True):
        source = source[:start] + new + source[end:]
    _parse(path, source)
    return source


def _parse(path: str, source: str) -> None:
    try:
        _JINJA.parse(source)
    except TemplateSyntaxError as error:
        raise ProblemsFound([Problem(path, error.lineno, f"does not parse: {error.message}")]) from error


def _changes(text: str, rename: Rename) -> Iterator[tuple[int, int, str]]:
    """Where a text written by a template has the name: start, end, what to put there."""
    if rename.is_key:
        pattern = rf"(?<=resources\[[\"']){re.escape(rename.old)}(?=[\"']\])"
        yield from ((*match.span(), rename.new) for match in re.finditer(pattern, text))
        return
    receiver = "" if rename.is_pattern else rf"(?:\b_?(?:{'|'.join(OWN)})|\bsuper\(\))"
    for match in re.finditer(rf"{receiver}\.(?P<name>[A-Za-z_]\w*)", text):
        if match["name"] in rename.names:
            yield (*match.span("name"), rename.names[match["name"]])
    for match in re.finditer(
        r"(?m)^(?P<indent>[ \t]+)(?:(?:async )?def +)?(?P<name>\w+)(?= *(?:\(|=(?!=)|:))", text
    ):
        name = match["name"]
        if name in rename.names and _is_in_class(text[: match.start()], len(match["indent"])):
            yield (*match.span("name"), rename.names[name])


def _is_in_class(before: str, indent: int) -> bool:
    """Whether the next line up that is further left, and opens a scope, opens a class."""
    for line in reversed(before.splitlines()):
        match = _LINE.match(line)
        if match and len(match["indent"]) < indent:
            return match["word"] == "class"
    return False
