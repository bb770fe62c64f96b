"""What the toolchain last wrote below `generated/`, so that what a person wrote there is told apart.

`generated/SHA256SUMS` is committed with the files, so it holds in a fresh clone and on every branch; it can
be checked by `sha256sum -c`. Several lines for one path are all ours: that is what a merge of two branches
leaves, and a run that was killed (`publish.py` adds a line before it writes, and drops the older ones after).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from generator.naming import Layout

_LINE = re.compile(r"^[0-9a-f]{64}  (?!/|.*\.\./)[^\s\\].*$", re.M)
"""None leads out of the folder, whoever wrote the file."""
_DIGEST_LENGTH = 64
_PATH_AT = 66
_FOLDER = "generated/"


class Author(StrEnum):
    """Who wrote a generated file as it is."""

    OURS = "ours"
    HAND = "by hand"
    UNKNOWN = "unknown"
    """Nobody can tell: no line names the file, or several do and git may have merged them line by line."""


@dataclass(frozen=True)
class Manifest:
    """The lines, in order of path. Paths in and out are below the root: `generated/tests/…`."""

    lines: tuple[str, ...] = ()

    @cached_property
    def digests(self) -> Mapping[str, Set[str]]:
        """Path → the digests of what we wrote there."""
        found: dict[str, set[str]] = {}
        for line in self.lines:
            found.setdefault(_FOLDER + line[_PATH_AT:], set()).add(line[:_DIGEST_LENGTH])
        return found

    def author(self, path: str, content: bytes) -> Author:
        """Who wrote what lies at a path."""
        known = self.digests.get(path, ())
        if digest(content) in known:
            return Author.OURS
        return Author.HAND if len(known) == 1 else Author.UNKNOWN

    def adding(self, written: Mapping[str, str]) -> Manifest:
        """With a digest more for each path, beside those that it has."""
        return _sorted([*self.lines, *_lines(written)])

    def settling(self, written: Mapping[str, str]) -> Manifest:
        """With one digest for each path, in place of all that it had."""
        return _sorted([*self.without(written).lines, *_lines(written)])

    def without(self, paths: Iterable[str]) -> Manifest:
        """With no line for these paths."""
        gone = {path.removeprefix(_FOLDER) for path in paths}
        return Manifest(tuple(line for line in self.lines if line[_PATH_AT:] not in gone))

    def text(self) -> str:
        """The text of the file."""
        return "".join(f"{line}\n" for line in self.lines)


def digest(content: bytes) -> str:
    """The digest of a file's content, as `sha256sum` prints it."""
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=1)
def parse(text: str) -> Manifest:
    """The lines of a manifest; what is no such line (the marks of a conflict) is as good as absent."""
    return _sorted(_LINE.findall(text))


def read(layout: Layout) -> Manifest:
    """The manifest of a checkout; without the file, one that knows nothing."""
    try:
        return parse(layout.manifest.read_text("utf-8", errors="replace"))
    except FileNotFoundError:
        return Manifest()


def _lines(written: Mapping[str, str]) -> list[str]:
    return [f"{digest}  {path.removeprefix(_FOLDER)}" for path, digest in written.items()]


def _sorted(lines: Iterable[str]) -> Manifest:
    """Each line once. They are in order but for a few, which makes this quick."""
    ordered = sorted(dict.fromkeys(lines), key=lambda line: (line[_PATH_AT:], line))
    return Manifest(tuple(ordered))
