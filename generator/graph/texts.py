"""The texts behind the digests of the journal, so that a reason can say which file changed, and how.

One table in one file, the newest kept. It decides nothing: without it, reasons name fewer things.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path

from generator.graph.facts import digest_of

_KEPT = 20_000


class Texts:
    """Digest → text. Whoever writes holds the run lock; several threads may."""

    def __init__(self, path: Path):
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def get(self, digest: str | None) -> str | None:
        """The text of a digest, if it is still kept."""
        if not self._path.exists():
            return None
        with contextlib.suppress(sqlite3.Error), self._lock:
            found = self._open().execute("SELECT text FROM texts WHERE digest = ?", (digest,)).fetchone()
            return found[0] if found else None
        return None

    def keep(self, texts: Mapping[str, str]) -> None:
        """Keep texts by digest. A disk that refuses costs only detail; a damaged file is begun anew."""
        try:
            with self._lock, self._open() as connection:
                connection.executemany("INSERT OR REPLACE INTO texts VALUES (?, ?)", list(texts.items()))
        except sqlite3.OperationalError:
            return
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)
            self._connection = None

    def close(self) -> None:
        """Let go of the oldest."""
        if self._connection is not None:
            oldest = "DELETE FROM texts WHERE rowid <= (SELECT max(rowid) FROM texts) - ?"
            with contextlib.suppress(sqlite3.Error), self._lock, self._connection as connection:
                connection.execute(oldest, (_KEPT,))
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        """Not flushed to the device with each task: what a crash costs is detail."""
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, check_same_thread=False, timeout=5)
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute("CREATE TABLE IF NOT EXISTS texts (digest TEXT PRIMARY KEY, text TEXT)")
        return self._connection


def by_digest(texts: Mapping[str, str]) -> dict[str, str]:
    """Texts by the digests that the journal has of them."""
    return {digest_of(text.encode()): text for text in texts.values()}
