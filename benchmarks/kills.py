"""Kill -9 at random moments of `doit -n 2` over the real models, then one run to the end.

    python benchmarks/kills.py [--kills 20] [--between 5 25] [--seed 0]

Works on a copy of the checkout, without its state. Prints what was finished at each kill; fails if a finished
task runs again, a half-written file or a process is left, or the tree is not that of an undisturbed run.
With --up-to-date that is the checkout itself, where `doit` must have nothing to do; else another copy.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
IGNORED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "docs", "tests", "benchmarks")
WORKERS = 2
_FINISHED = re.compile(r"^\[ *\d+/\d+\] (\S+)", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--between", type=float, nargs=2, default=(5.0, 25.0), metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--up-to-date", action="store_true", help="compare with the checkout's own outputs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, undisturbed = Path(folder) / "checkout", Path(folder) / "undisturbed"
        shutil.copytree(CHECKOUT, root, ignore=_ignored)
        if arguments.up_to_date:
            undisturbed = CHECKOUT
        else:
            shutil.copytree(root, undisturbed)
        start = time.monotonic()
        code, done = _run(undisturbed, None)
        _require(code == 0, "the undisturbed run failed")
        _require(not (arguments.up_to_date and done), f"the checkout was not up to date: {done}")
        print(f"undisturbed: {time.monotonic() - start:.0f} s", flush=True)
        finished = _kill_often(root, arguments.kills, arguments.between, random.Random(arguments.seed))
        code, done = _run(root, None)
        finished.update(done)
        _require(code == 0, f"the last run ended with {code}")
        _judge(root, undisturbed, finished)


def _ignored(folder: str, names: list[str]) -> set[str]:
    """At the root, what no run reads; generated/tests and generated/docs are no such thing."""
    return IGNORED(folder, names) if Path(folder) == CHECKOUT else {"__pycache__"}


def _kill_often(root: Path, kills: int, between: tuple[float, float], dice: random.Random) -> Counter[str]:
    finished: Counter[str] = Counter()
    for number in range(kills):
        seconds = dice.uniform(*between)
        code, done = _run(root, seconds)
        finished.update(done)
        print(
            f"kill {number + 1}: after {seconds:4.1f} s, {len(done)} tasks finished in this run", flush=True
        )
        if code is not None:  # it was done before it could be killed: all over again
            (root / ".cache" / "state.jsonl").unlink()
            finished.clear()
    return finished


def _run(root: Path, seconds: float | None) -> tuple[int | None, list[str]]:
    """Run to the end (the exit code), or kill after so many seconds (None); what was told as finished."""
    with tempfile.TemporaryFile("w+") as output:
        run = subprocess.Popen(
            [sys.executable, "-m", "doit", "-n", str(WORKERS), "validate"],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            code = run.wait(seconds)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            code = None
        output.seek(0)
        return code, _FINISHED.findall(output.read())


def _judge(root: Path, undisturbed: Path, finished: Counter[str]) -> None:
    again = {task: times for task, times in finished.items() if times > 1}
    print(f"finished more than once: {again or 'none'}")
    _require(not again, "a finished task ran again")
    _require(not list((root / "generated").rglob("*.publishing")), "half-written files were left")
    time.sleep(2)
    _require(not _processes_in(root), "processes were left")
    generated = [_tree(where / "generated") for where in (undisturbed, root)]
    differing = sorted({path for path, _ in generated[0].items() ^ generated[1].items()})
    _require(not differing, f"the tree differs: {differing}")
    print("the tree is that of the undisturbed run; nothing is left over")


def _tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _processes_in(root: Path) -> list[str]:
    found = []
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(root) in cmdline.read_bytes():
                found.append(cmdline.parent.name)
        except OSError:
            continue  # it ended meanwhile
    return found


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        sys.exit(otherwise)


if __name__ == "__main__":
    main()
