"""What `sanity` repairs, and what it damages.

    python benchmarks/sanity.py [--broken 2000] [--valid 4000] [--seed report] [--share measure]

*Broken*: real files, each with one to three faults (`broken_code.py`). Repaired means: the syntax tree of the
original, to the letter. *Valid*: files that parse are repaired, and the outcome again; a file is damaged
unless it comes out as it went in. A file with a name that nothing binds is counted apart, with its changes.
Nothing is learnt from the files measured, and other seeds and files are for tuning (`--share tune`).
"""

from __future__ import annotations

import argparse
import ast
import random
import resource
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from broken_code import FAULTS, broken
from real_code import parsed, real_files, share

from generator.sanity.repair import Repaired, names, repair
from generator.sanity.repair.lexer import split_lines
from generator.sanity.repair.statements import is_sound, statements

SHORTEST, LONGEST = 30, 600
BATCH = 100


@dataclass(frozen=True)
class Case:
    """A file, and what became of it."""

    path: Path
    original: str
    broken: str
    faults: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--broken", type=int, default=2000, help="how many broken files")
    parser.add_argument("--valid", type=int, default=4000, help="how many valid files")
    parser.add_argument("--seed", default="report")
    parser.add_argument("--share", default="measure", choices=("measure", "tune"))
    parser.add_argument("--failures", type=Path, help="write the cases that were not repaired to this file")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.broken:
        cases = list(corpus(arguments.broken, arguments.seed, arguments.share))
        _measure_broken(cases, arguments.failures)
    if arguments.valid:
        _measure_valid(arguments.valid, arguments.seed)


def corpus(count: int, seed: str, of: str) -> Iterator[Case]:
    """Broken files, made from as many rounds over the files as it takes."""
    rng = random.Random(seed)
    paths = [path for path in real_files() if share(path) == of]
    found = 0
    while found < count:
        rng.shuffle(paths)
        for start in range(0, len(paths), BATCH):
            for case in _really_broken(list(_drawn(paths[start : start + BATCH], rng))):
                yield case
                found += 1
                if found == count:
                    return


def _drawn(paths: list[Path], rng: random.Random) -> Iterator[Case]:
    for path in paths:
        text = parsed(path)
        if text is None or "\r" in text or not SHORTEST <= text.count("\n") <= LONGEST:
            continue
        if made := broken(text, rng):
            yield Case(path, text, *made)


def _really_broken(cases: list[Case]) -> Iterator[Case]:
    """Those that do not parse, or use names that are not bound and were before."""
    before = names.unbound([case.original for case in cases])
    after = names.unbound([case.broken for case in cases])
    for case, old, new in zip(cases, before, after, strict=True):
        if _tree(case.broken) is None or len(new) > len(old):
            yield case


def _measure_broken(cases: list[Case], failures: Path | None) -> None:
    start = _cpu()
    batches = [cases[i : i + BATCH] for i in range(0, len(cases), BATCH)]
    repaired = [one for batch in batches for one in repair([case.broken for case in batch])]
    seconds = _cpu() - start
    outcomes = [_outcome(case, one) for case, one in zip(cases, repaired, strict=True)]
    worse = sum(_is_worse(case, one) for case, one in zip(cases, repaired, strict=True))
    _table(cases, outcomes)
    lines = sum(case.broken.count("\n") for case in cases)
    print(f"made worse: {worse}")
    print(f"{seconds:.1f} CPU seconds, {lines / 300 / seconds:.1f} files of 300 lines a second")
    if failures:
        wrong = zip(cases, repaired, outcomes, strict=True)
        failures.write_text("".join(_shown(*entry) for entry in wrong if entry[2] != "original"))


def _table(cases: list[Case], outcomes: list[str]) -> None:
    print(f"{'fault':24}{'files':>7}{'original':>10}{'parses':>8}")
    rows = [(fault, lambda case, fault=fault: fault in case.faults) for fault in FAULTS]
    rows += [(f"{n} in a file", lambda case, n=n: len(case.faults) == n) for n in (1, 2, 3)]
    for title, belongs in [*rows, ("all", lambda case: True)]:
        counts = Counter(outcome for case, outcome in zip(cases, outcomes, strict=True) if belongs(case))
        total = counts.total() or 1
        original, parses = counts["original"] / total, 1 - counts["broken"] / total
        print(f"{title:24}{counts.total():7}{original:10.1%}{parses:8.1%}")


def _outcome(case: Case, repaired: Repaired) -> str:
    tree = _tree(repaired.text)
    if tree is None:
        return "broken"
    return "original" if tree == _tree(case.original) else "parses"


def _is_worse(case: Case, repaired: Repaired) -> bool:
    """Whether a text parsed and does not now, or more of its statements are broken than were."""
    if _tree(repaired.text) is not None:
        return False
    return _tree(case.broken) is not None or _unsound(repaired.text) > _unsound(case.broken)


def _unsound(text: str) -> int:
    lines = split_lines(text)
    return sum(not is_sound(lines, statement) for statement in statements(lines))


def _measure_valid(count: int, seed: str) -> None:
    paths = real_files()
    random.Random(seed).shuffle(paths)
    files = ((path, text) for path in paths if (text := parsed(path)) is not None)
    chosen = [entry for entry, _ in zip(files, range(count), strict=False)]
    start, lines, damaged, unbound, restless = _cpu(), 0, [], [], 0
    for i in range(0, len(chosen), BATCH):
        batch = chosen[i : i + BATCH]
        once = repair([text for _, text in batch])
        twice = repair([one.text for one in once])
        restless += sum(a.text != b.text for a, b in zip(once, twice, strict=True))
        for (path, text), one in zip(batch, once, strict=True):
            lines += 2 * text.count("\n")
            if one.text != text:
                (unbound if one.changes and _tree(one.text) else damaged).append((path, one))
    print(f"valid: {len(chosen)} files, damaged: {len(damaged)}, changed by a second run: {restless}")
    print(f"with names that nothing binds: {len(unbound)}")
    for path, one in [*damaged, *unbound]:
        print(f"  {path}: {'; '.join(f'{change.line}: {change.why}' for change in one.changes)}")
    print(f"{lines / 300 / (_cpu() - start):.1f} files of 300 lines a second")


def _tree(text: str) -> str | None:
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return None


def _shown(case: Case, repaired: Repaired, outcome: str) -> str:
    """What was broken, and what it was made into."""
    import difflib

    texts = [text.splitlines() for text in (case.original, case.broken, repaired.text)]
    parts = [f"== {outcome} {case.faults} {case.path}"]
    for name, one in (("broken", texts[1]), ("repaired", texts[2])):
        changed = [line for line in difflib.unified_diff(texts[0], one, lineterm="", n=0)][2:]
        parts += [f"  {name}: {line[:150]}" for line in changed[:12]]
    return "\n".join([*parts, *(f"  left: {one}" for one in repaired.left[:4])]) + "\n"


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
