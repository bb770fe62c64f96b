"""The short way to "nothing to do": everything was found up to date once, and no stat has changed since.

Knowing it takes a stat per file, and neither the specs, nor the keys, nor doit's tasks.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from generator.graph import tools
from generator.graph.facts import CLOCK_TICK_NS, Signature, signature_of, write_atomically
from generator.naming import Layout

_FILE = "clean.json"


def remember(
    layout: Layout, steps: list[str], models: list[str], looked_at: dict[str, Signature | None]
) -> None:
    """Note that every step of every model is up to date, given the files looked at to find that out."""
    files = {**looked_at, **{path: signature_of(layout.root / path) for path in _around(layout)}}
    young = time.time_ns() - CLOCK_TICK_NS
    if any(signature and signature[0] > young for signature in files.values()):
        return  # it could change and look the same; the next run is as good a moment
    content = {"steps": steps, "models": models, "environment": tools.environment(), "files": files}
    text = json.dumps(content, separators=(",", ":"))
    write_atomically(layout.cache / _FILE, text.encode())


def is_clean(root: Path, words: Iterable[str]) -> bool:
    """Whether all that the words name is known to be up to date."""
    try:
        content = json.loads((Layout(root).cache / _FILE).read_bytes())
    except (OSError, ValueError):
        return False
    return (
        all(_is_known(word, content["steps"], content["models"]) for word in words)
        and content["environment"] == tools.environment()
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


def _around(layout: Layout) -> list[str]:
    """What no key holds, but tells of work all the same: a new spec, another graph, a lost journal."""
    folders = (layout.specs, layout.templates, layout.root / "generator" / "graph")
    inside = [path for folder in folders for path in folder.rglob("*") if path.name != "__pycache__"]
    single = [layout.root / "dodo.py", layout.cache / "state.jsonl", *folders]
    paths = [*single, *(path for path in inside if path.suffix != ".pyc")]
    return [path.relative_to(layout.root).as_posix() for path in paths]
