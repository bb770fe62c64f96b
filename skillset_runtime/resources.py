"""The libraries a skillset works with: injected by the host, or imported when first needed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from skillset_runtime.errors import SkillsetError


class Resources:
    """`resources["torch"]` is what the host injected under that name, or the imported module."""

    def __init__(self, injected: Mapping[str, Any] | None = None):
        self._found = {name: value for name, value in (injected or {}).items() if value is not None}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = import_library(name)
        return self._found[name]


def import_library(name: str) -> Any:
    """A library by its module name; raises `SkillsetError` where it is absent."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SkillsetError(
            f"{name} cannot be imported ({error}); install it, or inject it as resources[{name!r}]"
        ) from error
