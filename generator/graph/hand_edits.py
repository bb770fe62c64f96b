"""Keeps what a person wrote into a generated file before the file is generated again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = "hand-edits"


@dataclass(frozen=True)
class Kept:
    """A generated file that was not as the toolchain left it, and the copy made of it."""

    path: str
    copy: Path

    def is_lost(self, root: Path) -> bool:
        """Whether what was kept is no longer what the file says."""
        file = root / self.path
        return not file.exists() or file.read_bytes() != self.copy.read_bytes()

    def drop(self) -> None:
        self.copy.unlink(missing_ok=True)


def keep(root: Path, cache: Path, path: str) -> Kept:
    """Copy a generated file to where no run overwrites it."""
    content = (root / path).read_bytes()
    copy = next(c for c in _candidates(cache / FOLDER / path) if _free_for(c, content))
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(root / path, copy)
    return Kept(path, copy)


def _free_for(copy: Path, content: bytes) -> bool:
    return not copy.exists() or copy.read_bytes() == content


def _candidates(copy: Path) -> Iterator[Path]:
    """`hf_bert.py`, `hf_bert.py.2`, `hf_bert.py.3`, …: an older edit is not lost to a newer one."""
    yield copy
    number = 2
    while True:
        yield copy.with_name(f"{copy.name}.{number}")
        number += 1
