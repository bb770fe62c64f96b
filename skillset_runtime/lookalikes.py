"""Modules of a class that looks like their own and does a little more, for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_TOLD = "_told_of_reads"
_CONSTANTS = "_constant_buffers"


def watch(module: Any, told: Callable[[Any], None]) -> None:
    """Have `told` called with a module whenever its weights are about to be read, by whomever."""
    _disguise(module, _watched, _TOLD, told)


def unwatch(module: Any) -> None:
    """Have a watched module be as it was."""
    _undisguise(module, _TOLD)


@contextmanager
def constant_buffers(module: Any) -> Iterator[None]:
    """In which buffers of one value, of a module and those within, are constants for who traces them.

    Convolutions of Mimi and EnCodec keep their strides and paddings so, which decide on shapes.
    """
    constants = {each: found for each in module.modules() if (found := _constants(each))}
    for each, found in constants.items():
        _disguise(each, _constant, _CONSTANTS, found)
    try:
        yield
    finally:
        for each in constants:
            _undisguise(each, _CONSTANTS)


def _constants(module: Any) -> dict[str, tuple[Any, Any]]:
    """Name → (values, their type)."""
    buffers = module.named_buffers(recurse=False)
    return {name: (each.tolist(), each.dtype) for name, each in buffers if each.numel() == 1}


def _disguise(module: Any, lookalike: Callable[[type], type], name: str, value: Any) -> None:
    vars(module)[name] = value
    module.__class__ = lookalike(type(module))


def _undisguise(module: Any, name: str) -> None:
    module.__class__ = type(module).__base__
    del vars(module)[name]


@cache
def _watched(kind: type) -> type:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        _tell(self)
        return kind.__call__(self, *args, **kwargs)  # not by super(): it may be watched no more

    def get(self: Any, name: str) -> Any:
        if name in vars(self).get("_parameters", ()):
            _tell(self)
        return kind.__getattr__(self, name)

    return _lookalike(kind, __call__=call, __getattr__=get)


def _tell(module: Any) -> None:
    if told := vars(module).get(_TOLD):
        told(module)


@cache
def _constant(kind: type) -> type:
    def get(self: Any, name: str) -> Any:
        import torch

        values, dtype = vars(self).get(_CONSTANTS, {}).get(name, (None, None))
        return torch.tensor(values, dtype=dtype) if dtype else kind.__getattr__(self, name)

    return _lookalike(kind, __getattr__=get)


def _lookalike(kind: type, **methods: Callable[..., Any]) -> type:
    """A class under the name of its base: exporters go by names. (Torch asks `__getattr__` for weights.)"""
    return type(
        kind.__name__, (kind,), {"__qualname__": kind.__qualname__, "__module__": kind.__module__, **methods}
    )
