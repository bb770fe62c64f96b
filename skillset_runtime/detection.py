"""Which hardware targets this machine has: `python -m skillset_runtime.detection [--json]`, or `detect()`.

Each target is tried in a process of its own with a time limit. So a library that is missing, broken, prints,
hangs or crashes costs the others nothing, and what was loaded to look is gone afterwards.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from skillset_runtime import probes
from skillset_runtime.probes import PROBES, Device

SECONDS = 120.0
_AT_ONCE = 3


@dataclass(frozen=True)
class Target:
    """A hardware target: whether it can be used, why not, and what was found.

    `devices` are those that were tried and work, the memory of each in bytes; `precisions` ran on the first.
    """

    name: str
    available: bool
    reason: str | None = None
    devices: tuple[Device, ...] = ()
    versions: dict[str, str] | None = None
    precisions: tuple[str, ...] = ()


def detect(names: Iterable[str] = tuple(PROBES), seconds: float = SECONDS) -> tuple[Target, ...]:
    """What was found of each target, in the order of `names`; at most `seconds` are spent on each."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return tuple(threads.map(lambda name: _detect_one(name, seconds), names))


def _detect_one(name: str, seconds: float) -> Target:
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "found.json"
        # The result is not on stdout, where a library may print.
        command = [sys.executable, "-m", probes.__name__, name, str(result)]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds)
        except subprocess.TimeoutExpired:
            return Target(name, False, f"no answer within {seconds:g} s; its driver may hang")
        if not result.exists():
            return Target(name, False, _ending(ran))
        return _read(name, json.loads(result.read_text(encoding="utf-8")))


def _read(name: str, found: dict) -> Target:
    if "reason" in found:
        return Target(name, False, found["reason"])
    devices = tuple(Device(**device) for device in found["devices"])
    return Target(name, True, None, devices, found["versions"], tuple(found["precisions"]))


def _ending(ran: subprocess.CompletedProcess[str]) -> str:
    """Why a probe left no result: the signal that ended it, or its last line."""
    if ran.returncode < 0:
        return f"its library crashed ({signal.Signals(-ran.returncode).name}); reinstall it or its driver"
    lines = ran.stderr.strip().splitlines() or ["it said nothing"]
    return f"its probe ended with {ran.returncode}: {lines[-1]}"


def table(targets: Sequence[Target]) -> str:
    """The targets as lines of text, a line for each device."""
    rows = [("target", "device", "memory", "precisions and versions, or why it cannot be used")]
    for target in targets:
        if not target.available:
            rows.append((target.name, "-", "-", target.reason or ""))
        for device in target.devices:
            rows.append((target.name, f"{device.id} ({device.name})", _gigabytes(device), _details(target)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _gigabytes(device: Device) -> str:
    return "-" if device.memory is None else f"{device.memory / 2**30:.1f} GB"


def _details(target: Target) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in (target.versions or {}).items())
    return f"{', '.join(target.precisions)}; {versions}"


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m skillset_runtime.detection",
        description="Say which hardware targets this machine has, each tried out in a process of its own.",
        epilog="example: python -m skillset_runtime.detection cpu cuda --json",
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(PROBES)}; default: all")
    parser.add_argument("--json", action="store_true", help="as JSON, memory in bytes")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="limit for each target")
    chosen = parser.parse_args(words)
    if unknown := sorted(set(chosen.targets) - set(PROBES)):
        parser.error(f"unknown target {', '.join(unknown)}; there is {', '.join(PROBES)}")
    targets = detect(chosen.targets or PROBES, chosen.seconds)
    print(json.dumps([asdict(target) for target in targets], indent=2) if chosen.json else table(targets))
    return 0


if __name__ == "__main__":
    sys.exit(main())
