"""What running every generated test costs, on the reference and on the skillset, beside the tests' own time.

    python benchmarks/sweep.py [--models bert gpt2] [--workers 2] [--cold] [--types 537]

Runs the tests in children of one pool, as `doit` does, and writes nothing but the cache (`--cold`: a new
one, so that the tiny checkpoints are built). The sum of the children's CPU time is what no pool can save;
the wall time says little while others use the machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from generator.execution import limits
from generator.execution.pool import Job, JobResult, Pool
from generator.graph.steps import WARM
from generator.naming import Layout
from generator.validation.run import job, trouble_of

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--models", nargs="+", default=[path.stem for path in sorted(ROOT.glob("specs/models/*"))]
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--types", type=int, default=537, help="to tell how long so many would take")
    parser.add_argument("--cold", action="store_true", help="build the tiny checkpoints too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(_copy(Path(folder)) if arguments.cold else ROOT)
        jobs = [
            job(layout, name, target) for target in ("reference", "skillset") for name in arguments.models
        ]
        _sweep(jobs, arguments.workers, arguments.types, Path(folder) / "pool")


def _copy(root: Path) -> Path:
    """The checkout by links, with a cache of its own."""
    for path in ROOT.iterdir():
        if not path.name.startswith("."):
            (root / path.name).symlink_to(path)
    return root


def _sweep(jobs: list[Job], workers: int, types: int, folder: Path) -> None:
    with Pool(folder, preload=(WARM,), workers=workers) as pool, ThreadPoolExecutor(workers) as threads:
        start = time.monotonic()
        pool.run(Job("nothing", "os:getpid", {}, 60, 1 << 30, ""))
        loaded, before, idle = time.monotonic() - start, _server_bytes(), _own_seconds()
        start = time.monotonic()
        results = list(threads.map(pool.run, jobs))
        wall, growth = time.monotonic() - start, _server_bytes() - before
        own = _own_seconds() - idle
    _print(results, wall, workers, types)
    print(f"loading the libraries, once {loaded:13.1f} s")
    print(f"CPU of client and server {own:16.1f} s")
    print(f"growth of the server {growth / 2**20:20.1f} MB")
    print(f"peak of a child {max(result.peak_rss_bytes for result in results) / 2**20:25.0f} MB")


def _print(results: list[JobResult], wall: float, workers: int, types: int) -> None:
    for result in sorted(results, key=lambda result: -result.cpu_s)[:5]:
        print(f"{result.name:32} {result.cpu_s:8.2f} s of CPU, {result.wall_s:.2f} s")
    for result in results:
        if trouble := trouble_of(result):
            print(trouble)
    cpu = sum(result.cpu_s for result in results)
    print(f"{len(results)} runs, {workers} workers: {wall:16.1f} s")
    print(f"CPU of the children {cpu:21.1f} s, {cpu / len(results):.2f} s a run")
    print(f"wall x workers / CPU {wall * workers / cpu:20.2f}")
    print(f"{types} types, by CPU time {cpu / len(results) * 2 * types / workers / 60:17.1f} min")


def _own_seconds() -> float:
    """CPU time of this process and of the server, without the children that it waited for."""
    (server,) = limits.children(os.getpid())
    ticks = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[11:13]
    return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _server_bytes() -> int:
    """What the server, the only child of this process, has for itself."""
    (server,) = limits.children(os.getpid())
    return limits.memory(server)


if __name__ == "__main__":
    main()
