"""How far long work has come, on a line of standard error that is gone at the end; only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown(verb: str) -> Iterator[Callable[[int, int], None]]:
    """A function to call with how much is done, of how much."""
    terminal = sys.stderr.isatty()

    def show(done: int, total: int) -> None:
        if terminal:
            print(f"\r\033[K{verb} {done} of {total}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
