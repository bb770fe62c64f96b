"""What a skillset refuses, and how it says so."""

from __future__ import annotations


class SkillsetError(RuntimeError):
    """Something the skillset needs is missing; the message says what, and what to do about it."""


class InputError(ValueError):
    """A request that cannot be answered; the message says what was given and what is accepted."""
