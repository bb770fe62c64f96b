"""A program: plans everything in the current folder and prints a digest of each file.

Its arguments: how many threads plan at once, and a number that shuffles what the file system lists.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


class Shuffled:
    """`os.scandir` in another order."""

    def __init__(self, entries: Any, order: random.Random):
        with entries:
            self._entries = list(entries)
        order.shuffle(self._entries)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._entries)

    def __enter__(self) -> Shuffled:
        return self

    def __exit__(self, *_: object) -> None:
        """Everything was read at once."""


def shuffle_folders(seed: int) -> None:
    """Have every listing of a folder come in another order: pathlib lists by one of these two."""
    order, scandir, listdir = random.Random(seed), os.scandir, os.listdir

    def shuffled_listdir(path: Any = ".") -> list[Any]:
        names = listdir(path)
        order.shuffle(names)
        return names

    os.scandir = lambda path=".": Shuffled(scandir(path), order)
    os.listdir = shuffled_listdir


def main(workers: int, seed: int) -> None:
    shuffle_folders(seed)
    from generator.graph.models import from_index
    from generator.naming import Layout
    from generator.review.planning import plan, shared

    layout = Layout(Path.cwd())
    names = list(from_index(layout).by_name)
    random.Random(seed).shuffle(names)
    shares = [names[number::workers] for number in range(workers)]
    with ThreadPoolExecutor(workers) as threads:
        planned = threads.map(lambda share: plan(layout, share), shares)
        files = {path: text for found in (*planned, shared(layout)) for path, text in found.items()}
    for path, text in sorted(files.items()):
        print(path, hashlib.sha256(text.encode()).hexdigest())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
