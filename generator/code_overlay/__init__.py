"""What a code overlay (`specs/overlays/<model_type>.py`) is written with.

A code overlay says in Python how one skillset differs from what its templates write:

    class FillMask(Generated):
        @wraps("1f0c2a9be4d7")
        def answer(self, texts, *, top_k=5):
            return self.generated_answer([text.strip() for text in texts], top_k=top_k)

It is read and never run. The decorators say what a definition is to the generated file, and are left out
of it. Two of them take a pin: the digest of the generated code that they were written against.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

_T = TypeVar("_T")


class Generated:
    """The base of a class that stands for the generated class of the same name."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """What the generated class has, also as `generated_<method>`."""


def adds(*, before: str | None = None) -> Callable[[_T], _T]:
    """A method, function or class that the templates do not write, before another name or at the end."""
    return lambda definition: definition


def replaces(pin: str) -> Callable[[_T], _T]:
    """Stands in place of a generated method or function."""
    return lambda definition: definition


def wraps(pin: str) -> Callable[[_T], _T]:
    """As `replaces`, and the generated one stays beside it, as `generated_<name>`."""
    return lambda definition: definition
