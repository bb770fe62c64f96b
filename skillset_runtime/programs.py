"""The programs of a model's parts: those that are kept on disk, and those made for calls that none takes."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillset_runtime import artifacts, calls
from skillset_runtime.artifacts import Store
from skillset_runtime.calls import Form
from skillset_runtime.errors import root_line
from skillset_runtime.exporting import Program
from skillset_runtime.making import Maker

_MOST_SIZES = 6
"""That get a program each; a part that needs more, say one for each token, had better run in torch.

A model that makes chunks of tokens (Mamba2) needs five: for few tokens, and for one or more, whole or not."""

_RECORD = "part.json"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """What is on disk of one form of one part's calls: a program, or why there is none."""

    part: str
    form: Form
    failure: str | None
    folder: Path

    @classmethod
    def read(cls, folder: Path) -> Kept:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        return cls(record["part"], Form.of_plain(record["form"]), record["failure"], folder)

    def write(self) -> None:
        record = {"part": self.part, "form": self.form.plain(), "failure": self.failure}
        (self.folder / _RECORD).write_text(json.dumps(record), encoding="utf-8")


class Programs:
    """The programs of one model's parts. Threads that ask take turns, by a lock of their own.

    With `static`, calls of each size of inputs get a program of their own.
    """

    def __init__(self, maker: Maker, store: Store, group: str, static: bool):
        self._maker, self._store, self._group, self._static = maker, store, group, static
        self._opened: dict[Path, Program] = {}
        self.kept = [kept for folder in store.group(group) if (kept := self._readable(folder))]

    @property
    def opened(self) -> list[Kept]:
        """Those that have run, or are about to."""
        return [kept for kept in self.kept if kept.folder in self._opened]

    @property
    def failed(self) -> dict[str, str]:
        """Part → why there is no program of it; the model itself is `model`."""
        return {kept.part or "model": kept.failure for kept in self.kept if kept.failure}

    def find(self, path: str, given: Mapping[str, Any]) -> Program | None:
        """The program of a part for a call, made if there is none yet; None if there can be none."""
        wanted = calls.form(given)
        kept = self._find(path, wanted)
        if kept and not kept.failure and kept.folder not in self._opened and not self._reopened(kept):
            kept = None
        kept = kept or self._export(path, wanted, given)
        return None if kept.failure else self._opened[kept.folder]

    def distrust(self, path: str, given: Mapping[str, Any], error: Exception) -> None:
        """Have torch answer calls of this form: what fails for one size may be wrong for another."""
        _LOG.warning("%s of %s goes on in torch: %s", path or "the model", self._maker.name, root_line(error))
        self.kept.insert(0, Kept(path, calls.form(given).open(), root_line(error), Path()))

    def _readable(self, folder: Path) -> Kept | None:
        """What is kept in a folder; one that somebody broke is removed."""
        try:
            return Kept.read(folder)
        except (OSError, ValueError, KeyError):
            self._store.remove(folder)
            return None

    def _reopened(self, kept: Kept) -> bool:
        """Open a program that was kept; one that cannot be opened any more is removed."""
        try:
            self._opened[kept.folder] = self._maker.opened(kept.folder)
        except Exception as error:  # whatever a broken file makes the runtime raise
            name = self._maker.name
            _LOG.warning("a kept program of %s does not open, and is made again: %s", name, error)
            self._store.remove(kept.folder)
            self.kept.remove(kept)
            return False
        self._store.used(kept.folder)
        return True

    def _find(self, path: str, wanted: Form) -> Kept | None:
        mine = [kept for kept in self.kept if kept.part == path]
        fitting = next((kept for kept in mine if kept.form.takes(wanted)), None)
        others = [kept for kept in mine if kept.form.open().takes(wanted)]
        if fitting is None and not self._static and len(others) >= _MOST_SIZES:
            fitting = Kept(path, wanted.open(), "it needs too many programs", Path())
            self.kept.append(fitting)
        return fitting

    def _export(self, path: str, wanted: Form, given: Mapping[str, Any]) -> Kept:
        name = artifacts.key({"part": path, "form": wanted.plain()})
        folder = self._store.get(self._group, name, lambda folder: self._write(path, wanted, given, folder))
        kept = Kept.read(folder)
        self.kept.append(kept)
        if not kept.failure:
            self._opened[folder] = self._maker.opened(folder)
        return kept

    def _write(self, path: str, wanted: Form, given: Mapping[str, Any], folder: Path) -> None:
        """Fill a folder with a part's program, or with why there is none.

        What cannot be exported with these versions never can, so that is kept, too. Where a disk or memory is
        full, the next may do better.
        """
        failure = None
        for dynamic in self._tries(given):
            try:
                accepted = self._maker.make(path, given, dynamic, folder)
                return Kept(path, accepted, None, folder).write()
            except (OSError, MemoryError):
                raise
            except Exception as error:  # whatever the exporter and the runtime raise
                failure = failure or root_line(error)
                artifacts.empty(folder)
        Kept(path, wanted, failure, folder).write()
        return None

    def _tries(self, given: Mapping[str, Any]) -> tuple[bool, ...]:
        """Whether to leave axes open, try by try; a cache that grows needs it, unless it is of one size."""
        if self._static:
            return (False,)
        return (True,) if calls.holds_cache(given) else (True, False)
