"""What a skillset refuses, and how it says so."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SkillsetError(RuntimeError):
    """Something the skillset needs is missing; the message says what, and what to do about it."""


class InputError(ValueError):
    """A request that cannot be answered; the message says what was given and what is accepted."""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest of those there are, or nothing."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def root_line(error: BaseException) -> str:
    """The kind and the first line of the error at the root of a chain."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
