"""What a person sees of a run: whole lines from any thread; on a terminal, also one live line, and colour."""

from __future__ import annotations

import os
import shutil
import sys
import threading

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "dim": "2", "bold": "1"}


class Console:
    """Standard output, shared by every thread of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._live = ""
        self._reminders: list[str] = []

    @property
    def is_terminal(self) -> bool:
        return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

    def note(self, text: str) -> None:
        """Print a line above the live one."""
        with self._lock:
            self._write(f"{self._erase()}{text}\n{self._live}")

    def live(self, text: str) -> None:
        """Show what is going on now; only on a terminal, and gone with the next line."""
        with self._lock:
            if self.is_terminal:
                erase = self._erase()
                self._live = text[: shutil.get_terminal_size().columns - 1]
                self._write(erase + self._live)

    def remind(self, text: str) -> None:
        """Have a line repeated at the end of the run."""
        with self._lock:
            self._reminders.append(text)

    def take_reminders(self) -> list[str]:
        with self._lock:
            taken, self._reminders = self._reminders, []
            return taken

    def colour(self, name: str, text: str) -> str:
        if not self.is_terminal or "NO_COLOR" in os.environ:
            return text
        return f"\033[{_COLOURS[name]}m{text}\033[0m"

    def _erase(self) -> str:
        return "\r\033[K" if self._live else ""

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


CONSOLE = Console()
