"""Versions of the installed tools, read from their metadata and never by importing them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache

ABSENT = "absent"


def versions(distributions: Iterable[str]) -> tuple[str, ...]:
    """`name==version` of Python and of each distribution."""
    python = ".".join(map(str, sys.version_info[:2]))
    return (f"python=={python}", *(f"{name}=={version(name)}" for name in sorted(distributions)))


@cache
def version(distribution: str) -> str:
    """The installed version of a distribution, or `absent`."""
    from importlib import metadata  # imported late: it is slow, and a no-op has no need of it

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ABSENT
