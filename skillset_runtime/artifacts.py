"""Exported programs on disk: named by what they were made of, written whole or not at all, and shared.

python -m skillset_runtime.artifacts            # what is there
python -m skillset_runtime.artifacts --clear
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock

FOLDER_VARIABLE = "SKILLSET_ARTIFACTS"
LIMIT_VARIABLE = "SKILLSET_ARTIFACTS_LIMIT"
_LIMIT = 20 * 2**30
_LOCKS = "locks"
_PARTIAL = ".partial-"


def default_folder() -> Path:
    """`SKILLSET_ARTIFACTS`, or `skillsets/exported` in the user's cache folder."""
    return Path(os.environ.get(FOLDER_VARIABLE) or platformdirs.user_cache_path("skillsets") / "exported")


def default_limit() -> int:
    """Bytes that may be kept: `SKILLSET_ARTIFACTS_LIMIT`, or 20 GiB."""
    return int(os.environ.get(LIMIT_VARIABLE) or _LIMIT)


def key(facts: Mapping[str, Any]) -> str:
    """A name that two artifacts share only if all facts about how they were made are the same."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:32]


class Store:
    """Artifacts in groups: a folder `<group>/<name>/` each, all of a model's in one group."""

    def __init__(self, root: Path | None = None, limit: int | None = None):
        self.root = root or default_folder()
        self._limit = default_limit() if limit is None else limit

    def group(self, group: str) -> list[Path]:
        """The artifacts of a group, by name."""
        folder = self.root / group
        return sorted(_complete(folder)) if folder.is_dir() else []

    def get(self, group: str, name: str, write: Callable[[Path], None]) -> Path:
        """An artifact; `write` fills its folder if there is none, in one process while others wait."""
        path = self.root / group / name
        with self._locked(name):
            if not path.is_dir():
                self._write(path, write)
        self.used(path)
        return path

    def used(self, path: Path) -> None:
        """Note that an artifact was used: the least recently used goes first."""
        if path.is_dir() and os.access(path, os.W_OK):
            os.utime(path)

    def all(self) -> list[Path]:
        """Every artifact, the least recently used first."""
        groups = (
            [folder for folder in self.root.iterdir() if folder.name != _LOCKS] if self.root.is_dir() else []
        )
        return sorted(
            (path for folder in groups for path in _complete(folder)), key=lambda path: path.stat().st_mtime
        )

    def remove(self, path: Path) -> None:
        """Remove an artifact; a program that is open goes on, as its files stay readable."""
        shutil.rmtree(path, ignore_errors=True)

    def clear(self) -> None:
        """Remove every artifact."""
        for path in self.all():
            self.remove(path)

    def _write(self, path: Path, write: Callable[[Path], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=path.parent))
        try:
            write(partial)
            partial.rename(path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        self._shrink(keep=path)

    def _shrink(self, keep: Path) -> None:
        """Remove the least recently used until the rest fits; never what was just written."""
        sizes = {path: size(path) for path in self.all()}
        excess = sum(sizes.values()) - self._limit
        for path in sizes:
            if excess <= 0:
                return
            if path != keep:
                self.remove(path)
                excess -= sizes[path]

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        locks = self.root / _LOCKS
        locks.mkdir(parents=True, exist_ok=True)
        with FileLock(locks / f"{name}.lock"):
            yield


def size(path: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def empty(folder: Path) -> None:
    """Remove what is in a folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _complete(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(_PARTIAL))


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m skillset_runtime.artifacts",
        description="Show or remove the exported programs that skillsets keep on this machine.",
        epilog=f"{FOLDER_VARIABLE} says where they are, {LIMIT_VARIABLE} how many bytes are kept.",
    )
    parser.add_argument("--clear", action="store_true", help="remove them all")
    parser.add_argument("--json", action="store_true", help="as JSON, sizes in bytes")
    chosen = parser.parse_args(words)
    store = Store()
    found = [{"path": str(path), "bytes": size(path)} for path in store.all()]
    if chosen.clear:
        store.clear()
    total = sum(each["bytes"] for each in found)
    if chosen.json:
        print(json.dumps({"folder": str(store.root), "bytes": total, "artifacts": found}, indent=2))
    else:
        done = "removed" if chosen.clear else "holds"
        print(f"{store.root} {done} {len(found)} artifacts, {total / 2**20:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
