"""Keeps what a person wrote into a generated file before the file is generated again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generator import manifest
from generator.manifest import Author
from generator.naming import Layout

FOLDER = "hand-edits"


@dataclass(frozen=True)
class Kept:
    """A generated file that was not as the toolchain left it, and the copy made of it."""

    path: str
    copy: str
    """Both are relative to the project's folder."""
    author: Author

    @property
    def where(self) -> str:
        return f"your version is kept as {self.copy}"

    def is_lost(self, layout: Layout) -> bool:
        """Whether the file is another one now."""
        return not _is(layout.root / self.path, (layout.root / self.copy).read_bytes())


def keep(layout: Layout, paths: Iterable[str]) -> list[Kept]:
    """Copy those of the generated files that are not known to be ours to where no run overwrites them."""
    signed = manifest.read(layout)
    there = {
        path: layout.root / path for path in paths if (layout.root / path).is_relative_to(layout.generated)
    }
    contents = {path: file.read_bytes() for path, file in there.items() if file.exists()}
    authors = {path: signed.author(path, content) for path, content in contents.items()}
    return [
        _kept(layout, path, contents[path], author)
        for path, author in authors.items()
        if author is not Author.OURS
    ]


def _kept(layout: Layout, path: str, content: bytes, author: Author) -> Kept:
    copies = _candidates(layout.cache / FOLDER / path)
    copy = next(copy for copy in copies if not copy.exists() or _is(copy, content))
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(content)
    return Kept(path, copy.relative_to(layout.root).as_posix(), author)


def _is(file: Path, content: bytes) -> bool:
    return file.exists() and file.read_bytes() == content


def _candidates(copy: Path) -> Iterator[Path]:
    """`hf_bert.py`, `hf_bert.py.2`, `hf_bert.py.3`, …: an older edit is not lost to a newer one."""
    yield copy
    number = 2
    while True:
        yield copy.with_name(f"{copy.name}.{number}")
        number += 1
