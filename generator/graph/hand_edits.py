"""Keeps what a person wrote into a generated file before the file is generated again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.naming import Layout

FOLDER = "hand-edits"


@dataclass(frozen=True)
class Kept:
    """A generated file that was not as the toolchain left it, and the copy made of it."""

    path: str
    copy: str
    """Both are relative to the project's folder."""
    was_ours: bool
    """Whether the toolchain made the file in this checkout; without a record nobody knows who wrote it."""

    @property
    def where(self) -> str:
        return f"your version is kept as {self.copy}"

    def is_lost(self, layout: Layout) -> bool:
        """Whether the file is another one now."""
        return not _is(layout.root / self.path, (layout.root / self.copy).read_bytes())


def is_committed(layout: Layout, path: str) -> bool:
    """Whether git has a file just as it is, as it has the outputs of a fresh clone or after a checkout."""
    git = shutil.which("git")
    if git is None:
        return False
    shown = subprocess.run([git, "show", f"HEAD:./{path}"], cwd=layout.root, capture_output=True)
    return shown.returncode == 0 and _is(layout.root / path, shown.stdout)


def keep(layout: Layout, path: str, was_ours: bool) -> Kept:
    """Copy a generated file to where no run overwrites it."""
    content = (layout.root / path).read_bytes()
    copies = _candidates(layout.cache / FOLDER / path)
    copy = next(copy for copy in copies if not copy.exists() or _is(copy, content))
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(content)
    return Kept(path, copy.relative_to(layout.root).as_posix(), was_ours)


def _is(file: Path, content: bytes) -> bool:
    return file.exists() and file.read_bytes() == content


def _candidates(copy: Path) -> Iterator[Path]:
    """`hf_bert.py`, `hf_bert.py.2`, `hf_bert.py.3`, …: an older edit is not lost to a newer one."""
    yield copy
    number = 2
    while True:
        yield copy.with_name(f"{copy.name}.{number}")
        number += 1
