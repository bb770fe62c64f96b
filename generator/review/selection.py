"""Which outputs a person asked for: by model type, file, folder or pattern."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.errors import Problem, did_you_mean, raise_if_any
from generator.naming import Layout


@dataclass(frozen=True)
class Selection:
    """Words from a command line over the outputs that there can be; without any, all outputs."""

    words: tuple[str, ...]
    owners: Mapping[str, str]
    """Output → model type."""

    @classmethod
    def of(cls, layout: Layout, words: Sequence[str], owners: Mapping[str, str]) -> Selection:
        return cls(tuple(_below(layout, word) for word in words), owners)

    @property
    def model_types(self) -> list[str] | None:
        """The types to plan; None for all, with what they share."""
        types, found = sorted(set(self.owners.values())), set()
        for word in self.words:
            named = [self.owners[word]] if word in self.owners else fnmatch.filter(types, word)
            if not named:
                return None
            found.update(named)
        return sorted(found) if self.words else None

    def has(self, path: str) -> bool:
        """Whether an output was asked for."""
        return not self.words or any(self._names(word, path) for word in self.words)

    def check(self, paths: Iterable[str]) -> None:
        """Raise `ProblemsFound` for words that stand for none of the outputs."""
        outputs = {*paths, *self.owners}
        names = {*outputs, *self.owners.values()}
        raise_if_any(
            Problem(word, None, "is no model type and no output", did_you_mean(word, names))
            for word in self.words
            if not any(self._names(word, path) for path in outputs)
        )

    def _names(self, word: str, path: str) -> bool:
        below = word == "." or path.startswith(f"{word}/")
        return below or any(fnmatch.fnmatchcase(name, word) for name in (path, self.owners.get(path, "")))


def _below(layout: Layout, word: str) -> str:
    """A path as it is below the root; a name or a pattern stays as it is."""
    path = Path(os.path.normpath(word)) if word else Path(word)
    return path.relative_to(layout.root).as_posix() if path.is_relative_to(layout.root) else path.as_posix()
