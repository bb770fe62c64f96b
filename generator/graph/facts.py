"""What is known about the content of files, kept for as long as their stat stays the same.

Within a run a fact is looked up once and then pinned: what a task is recorded as built from is what was there
before it read it. Between runs facts are kept in one file, which can be lost at no cost but hashing.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ABSENT = "absent"

# A file changed twice within one tick of the file system's clock looks unchanged; a file this young when it
# was read is therefore read again before what was learnt about it is kept.
CLOCK_TICK_NS = 50_000_000

Signature = tuple[int, int, int]


def digest_of(content: bytes) -> str:
    """A short digest, good for comparing and nothing else."""
    return hashlib.blake2b(content, digest_size=12).hexdigest()


class FileFacts:
    """Facts by kind and path (relative to the root). Kinds: `digest`, and what `closure.py` adds."""

    def __init__(self, root: Path, store: Path | None = None):
        """Without a store, nothing that an earlier run learnt is believed."""
        self._root = str(root) + os.sep
        self._store = store
        self._kept: dict[str, list[Any]] = _load(store) if store else {}
        self._pinned: dict[str, Signature | None] = {}
        self._young: set[str] = set()
        self._learnt = False

    def digest(self, path: str) -> str:
        """The digest of a file's content; `ABSENT` for a file that is not there."""
        return self.get("digest", path, digest_of) or ABSENT

    def get(self, kind: str, path: str, compute: Callable[[bytes], Any]) -> Any:
        """A fact about a file, computed from its content if it is not known yet; None without a file."""
        signature = self._signature(path)
        if signature is None:
            return None
        facts = self._facts(path, signature)
        if kind not in facts:
            facts[kind] = compute(self._read(path))
            self._learnt = True
        return facts[kind]

    def forget(self, paths: Iterable[str]) -> None:
        """Look again at files that were just written."""
        for path in paths:
            self._pinned.pop(path, None)

    def moved(self, paths: Iterable[str]) -> list[str]:
        """Those of the files whose content is no longer what it was when they were looked at."""
        return [path for path in paths if self._has_moved(path)]

    def watched(self) -> dict[str, Signature | None]:
        """Everything looked at in this run, also what was found absent."""
        return dict(self._pinned)

    def save(self) -> None:
        """Keep what was learnt for the next run."""
        for path in sorted(self._young):
            self._reread(path)
        if self._learnt and self._store:
            text = json.dumps(self._kept, separators=(",", ":"))
            write_atomically(self._store, text.encode())

    def _has_moved(self, path: str) -> bool:
        if path not in self._pinned or signature_of(self._root + path) == self._pinned[path]:
            return False
        try:
            return digest_of(self._read(path)) != self.digest(path)
        except FileNotFoundError:
            return self.digest(path) != ABSENT

    def _signature(self, path: str) -> Signature | None:
        try:
            return self._pinned[path]
        except KeyError:
            signature = self._pinned[path] = signature_of(self._root + path)
            return signature

    def _facts(self, path: str, signature: Signature) -> dict[str, Any]:
        kept = self._kept.get(path)
        if kept is None or tuple(kept[0]) != signature:
            kept = self._kept[path] = [signature, {}]
            if time.time_ns() - signature[0] < CLOCK_TICK_NS:
                self._young.add(path)
        return kept[1]

    def _read(self, path: str) -> bytes:
        return Path(self._root + path).read_bytes()

    def _reread(self, path: str) -> None:
        """Drop the facts about a file that was young when read, unless it is the same file, older."""
        kept = self._kept[path]
        same = self._pinned.get(path) == signature_of(self._root + path) == tuple(kept[0])
        old = time.time_ns() - kept[0][0] >= CLOCK_TICK_NS
        if not (same and old and digest_of(self._read(path)) == kept[1].get("digest")):
            del self._kept[path]


def signature_of(path: str | Path) -> Signature | None:
    """What changes when a file does; None without a file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a run makes thousands, and Path doubles the cost
    except (FileNotFoundError, NotADirectoryError):
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _load(store: Path) -> dict[str, list[Any]]:
    try:
        return json.loads(store.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file of ours in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.write_bytes(content)
    new.replace(path)
