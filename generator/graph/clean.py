"""Notes that everything is up to date, for `unchanged.py` to find out that it still is."""

from __future__ import annotations

import json
import time

from generator.graph.facts import CLOCK_TICK_NS, Signature, signature_of, write_atomically
from generator.graph.unchanged import FILE, environment
from generator.naming import Layout


def remember(
    layout: Layout, steps: list[str], models: list[str], looked_at: dict[str, Signature | None]
) -> None:
    """Note that every step of every model is up to date, given the files looked at to find that out."""
    files = {**looked_at, **{path: signature_of(layout.root / path) for path in _around(layout)}}
    young = time.time_ns() - CLOCK_TICK_NS
    if any(signature and signature[0] > young for signature in files.values()):
        return  # it could change and look the same; the next run is as good a moment
    content = {"steps": steps, "models": models, "environment": environment(), "files": files}
    text = json.dumps(content, separators=(",", ":"))
    write_atomically(layout.root / FILE, text.encode())


def _around(layout: Layout) -> list[str]:
    """What no key holds, but tells of work all the same: a new spec, another graph, a lost journal."""
    folders = (layout.specs, layout.templates, layout.root / "generator" / "graph")
    inside = [path for folder in folders for path in folder.rglob("*") if path.name != "__pycache__"]
    single = [layout.root / "dodo.py", layout.cache / "state.jsonl", layout.manifest, *folders]
    paths = [*single, *(path for path in inside if path.suffix != ".pyc")]
    return [path.relative_to(layout.root).as_posix() for path in paths]
