"""An impact for a script: everything there is to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from generator.review.differences import Difference
from generator.review.hunks import Group, Hunk
from generator.review.impact import Impact, Source


def text(impact: Impact) -> str:
    """The JSON text."""
    data = {
        "old": impact.old,
        "new": impact.new,
        "sources": [_source(source) for source in impact.sources],
        "outputs": _files(impact.written),
        "measured": _files(impact.measured),
        "not_generated": impact.waiting,
        "edited_by_hand": impact.by_hand,
        "groups": [_group(group) for group in impact.groups],
        "problems": [asdict(problem) for problem in impact.problems],
    }
    return json.dumps(data, indent=2)


def _source(source: Source) -> dict[str, Any]:
    return {**asdict(source), "runs": {step: sorted(types) for step, types in source.runs.items()}}


def _files(files: Sequence[Difference]) -> list[dict[str, Any]]:
    return [
        {"path": file.path, "status": file.status, "added": file.added, "removed": file.removed}
        for file in files
    ]


def _group(group: Group) -> dict[str, Any]:
    edits = [{"hunks": [_hunk(hunk) for hunk in edit.hunks]} for edit in group.edits]
    return {"odd": group.odd, "files": group.files, "edits": edits}


def _hunk(hunk: Hunk) -> dict[str, Any]:
    places = [{"path": path, "line": line} for path, line in hunk.places]
    return {"old": hunk.old, "new": hunk.new, "places": places}
