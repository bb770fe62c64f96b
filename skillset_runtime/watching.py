"""Modules that tell when their weights are read, whether by a call of theirs or by whoever holds them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

_TOLD = "_told_of_reads"


def watch(module: Any, told: Callable[[Any], None]) -> None:
    """Have `told` called with a module whenever its weights are about to be read."""
    vars(module)[_TOLD] = told
    module.__class__ = _watched(type(module))


def unwatch(module: Any) -> None:
    """Have a watched module be as it was."""
    module.__class__ = type(module).__base__
    del vars(module)[_TOLD]


@cache
def _watched(kind: type) -> type:
    """A module's class, but for what it tells. It has the name of the class: exporters go by it."""

    class Watched(kind):  # type: ignore[misc, valid-type]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            _tell(self)
            return kind.__call__(
                self, *args, **kwargs
            )  # it may be watched no more, and then has no `super()`

        def __getattr__(self, name: str) -> Any:  # which torch asks for parameters
            if name in vars(self).get("_parameters", ()):
                _tell(self)
            return kind.__getattr__(self, name)

    Watched.__name__, Watched.__qualname__, Watched.__module__ = (
        kind.__name__,
        kind.__qualname__,
        kind.__module__,
    )
    return Watched


def _tell(module: Any) -> None:
    if told := vars(module).get(_TOLD):
        told(module)
