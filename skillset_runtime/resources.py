"""What a skillset works with: libraries, injected or imported, and the pool that it shares models through."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from skillset_runtime.errors import SkillsetError
from skillset_runtime.pool import Lease

POOL = "pool"
LIBRARIES = {"torch": "torch", "transformers": "transformers", "numpy": "numpy"}
"""What a host may inject → the library that is imported where it does not; other names are libraries'."""


class Resources:
    """`resources["torch"]` is what the host injected under that name, or the imported module.

    What is injected as `pool`, a `ResourcePool`, is what skillsets share their models and processors through.
    """

    def __init__(self, injected: Mapping[str, Any] | None = None):
        self._found = {name: value for name, value in (injected or {}).items() if value is not None}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = import_library(LIBRARIES.get(name, name))
        return self._found[name]

    def acquire(
        self, key: Callable[[], Hashable], load: Callable[[], Any], size: Callable[[], int] = int
    ) -> Lease:
        """A lease on what `load` loads: through the host's pool, or, without one, for its asker alone.

        Only a pool asks for the key and the size in bytes.
        """
        pool = self._found.get(POOL)
        return Lease(load(), lambda: None) if pool is None else pool.acquire(key(), load, size())


def import_library(name: str) -> Any:
    """A library by its module name; raises `SkillsetError` where it is absent."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SkillsetError(
            f"{name} cannot be imported ({error}); install it, or inject it as resources[{name!r}]"
        ) from error
