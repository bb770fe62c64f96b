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


def remember(layout: Layout, names: Iterable[str], looked_at: dict[str, Signature | None]) -> None:
    """Note that every task of these names is up to date, given the files looked at to find that out."""
    files = {**looked_at, **{path: signature_of(layout.root / path) for path in _around(layout)}}
    young = time.time_ns() - CLOCK_TICK_NS
    if any(signature and signature[0] > young for signature in files.values()):
        return  # it could change and look the same; the next run is as good a moment
    content = {"names": list(names), "environment": tools.environment(), "files": files}
    text = json.dumps(content, separators=(",", ":"))
    write_atomically(layout.cache / _FILE, text.encode())


def is_clean(root: Path, words: Iterable[str]) -> bool:
    """Whether all that the words name is known to be up to date."""
    try:
        content = json.loads((Layout(root).cache / _FILE).read_bytes())
    except (OSError, ValueError):
        return False
    base = str(root) + os.sep
    return (
        set(content["names"]).issuperset(words)
        and content["environment"] == tools.environment()
        and all(_is_same(base + path, was) for path, was in content["files"].items())
    )


def _is_same(path: str, was: list[int] | None) -> bool:
    now = signature_of(path)
    return now is None if was is None else now is not None and list(now) == was


def _around(layout: Layout) -> list[str]:
    """What no key holds, but tells of work all the same: a new spec, another graph, a lost journal."""
    folders = (layout.specs, layout.templates, layout.root / "generator" / "graph")
    inside = [path for folder in folders for path in folder.rglob("*") if path.name != "__pycache__"]
    single = [layout.root / "dodo.py", layout.cache / "state.jsonl", *folders]
    paths = [*single, *(path for path in inside if path.suffix != ".pyc")]
    return [path.relative_to(layout.root).as_posix() for path in paths]
