"""Counts which token follows which in real code, for `generator/sanity/repair/habits.py`.

    python benchmarks/learn_habits.py

From the standard library and the installed packages: the half of the files that nothing is
measured with.
"""

from __future__ import annotations

import random

from real_code import parsed, real_files, share

from generator.sanity.repair import habits
from generator.sanity.repair.lexer import split_lines

FILES = 3000
LEAST = 4


def main() -> None:
    paths = [path for path in real_files() if share(path) == "learn"]
    random.Random("habits").shuffle(paths)
    texts = (text for path in paths[:FILES] if (text := parsed(path)) is not None)
    counts = habits.counted(split_lines(text) for text in texts)
    rows = ["\t".join([*pair, str(count)]) for pair, count in sorted(counts.items()) if count >= LEAST]
    habits.FILE.write_text("\n".join(rows) + "\n", "utf-8")
    print(f"{len(rows)} pairs of {FILES} files")


if __name__ == "__main__":
    main()
