"""Versions of the installed tools, read from their metadata and never by importing them."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ABSENT = "absent"


def versions(distributions: Iterable[str]) -> tuple[str, ...]:
    """`name==version` of Python and of each distribution."""
    python = ".".join(platform.python_version_tuple()[:2])
    return (f"python=={python}", *(f"{name}=={version(name)}" for name in sorted(distributions)))


@cache
def version(distribution: str) -> str:
    """The installed version of a distribution, or `absent`."""
    from importlib import metadata  # imported late: it is slow, and a no-op has no need of it

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ABSENT


def environment() -> str:
    """Changes whenever a distribution may have: the interpreter, and the folders that pip writes to."""
    folders = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    stamps = [f"{path}:{path.stat().st_mtime_ns}" for path in folders if path.is_dir()]
    return "\n".join([sys.version, *stamps])
