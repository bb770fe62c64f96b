"""The short way to "nothing to do": everything was found up to date once, and no stat has changed since.

Knowing it takes a stat per file, and neither the specs, nor the keys, nor doit's tasks. Little is imported
here, not even `pathlib`: importing is most of what it takes.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False  # `typing` is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING_TO_DO = "nothing to do: everything is up to date"
FILE = ".cache/clean.json"


def environment() -> str:
    """Changes whenever a distribution may have: the interpreter, and the folders that pip writes to."""
    folders = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    stamps = [f"{path}:{os.stat(path).st_mtime_ns}" for path in folders if os.path.isdir(path)]  # noqa: PTH112,PTH116
    return "\n".join([sys.version, *stamps])


def is_clean(root: str, words: Iterable[str]) -> bool:
    """Whether all that the words name is known to be up to date."""
    try:
        with open(f"{root}/{FILE}", "rb") as file:  # noqa: PTH123
            content = json.load(file)
    except (OSError, ValueError):
        return False
    return (
        all(_is_known(word, content["steps"], content["models"]) for word in words)
        and content["environment"] == environment()
        and _are_same(f"{root}{os.sep}", content["files"])
    )


def _is_known(word: str, steps: list[str], models: list[str]) -> bool:
    step, colon, model = word.partition(":")
    return step in steps and model in models if colon else word in steps or word in models


def _are_same(base: str, files: dict[str, list[int] | None]) -> bool:
    """Thousands of files in a few milliseconds, hence no `signature_of`, and no `Path`."""
    stat = os.stat
    for path, was in files.items():
        try:
            now = stat(base + path)
        except OSError:
            if was is not None:
                return False
        else:
            if was is None or [now.st_mtime_ns, now.st_size, now.st_ino] != was:
                return False
    return True
