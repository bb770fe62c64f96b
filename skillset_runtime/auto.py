"""`auto` as a target: where a model answers fastest on this machine, of where it answers right.

    python -m skillset_runtime.auto hf_bert.py CHECKPOINT [--task NAME] [--targets cpu openvino]

This asks a skillset its example on each target that is here, in each precision, times it, holds the answers
against those in float32 on the processor, and keeps the figures; `init_auto` reads them. They are of a
checkpoint, a machine and the versions of its libraries: where any of these is another, nothing is known.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import platformdirs

from skillset_runtime import devices, loading
from skillset_runtime.accuracy import Accuracy, measure
from skillset_runtime.errors import SkillsetError, root_line
from skillset_runtime.handler import DETAILS
from skillset_runtime.importing import skillset_class
from skillset_runtime.targets import PRECISIONS, TARGETS, Hardware

FOLDER_VARIABLE = "SKILLSET_FIGURES"
_SECONDS = 2.0
"""For how long a request is repeated; at least `_LEAST` times."""
_LEAST = 5
_MODULE = "skillset_runtime.auto"


@dataclass(frozen=True)
class Figure:
    """What a model came to on a target in a precision; `refused` says why it does not count."""

    target: str
    precision: str
    seconds: float | None = None
    """Of a request, at the median."""
    error: float | None = None
    agreement: float | None = None
    refused: str | None = None

    def __str__(self) -> str:
        place = f"{self.target} {self.precision}"
        return f"{place}: {self.refused}" if self.refused else f"{place}: {self.seconds * 1000:.2f} ms"


@dataclass(frozen=True)
class Choice:
    """Where to load a model, and why there."""

    target: str
    precision: str
    reason: str


@dataclass(frozen=True)
class Figures:
    """The figures of one task of one checkpoint on this machine."""

    path: Path

    @classmethod
    def of(cls, skillset: str, task: str, checkpoint: str) -> Figures:
        """Those of a skillset's task and a checkpoint, for the libraries as they are installed."""
        facts = [skillset, task, repr(loading.identity(checkpoint)), platform.machine(), *_versions()]
        name = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]
        return cls(_folder() / f"{name}.json")

    def read(self) -> tuple[Figure, ...]:
        """All of them; none where nothing was measured, or the file is damaged."""
        try:
            return tuple(Figure(**each) for each in json.loads(self.path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return ()

    def write(self, figures: Iterable[Figure]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps([asdict(each) for each in figures], indent=1), encoding="utf-8")
        new.replace(self.path)


def choose(skillset: str, task: str, checkpoint: str) -> Choice:
    """The fastest target and precision of those that answered right; float32 on the processor if none did."""
    found = Figures.of(skillset, task, checkpoint).read()
    right = sorted((each for each in found if each.refused is None), key=lambda each: each.seconds)
    if not right:
        return Choice("cpu", "float32", f"nothing was measured of it here; see python -m {_MODULE} --help")
    best, base = right[0], next((each for each in right if _is_base(each)), None)
    than = f", {base}" if base and base != best else ""
    refused = f"; {len(found) - len(right)} refused" if len(found) > len(right) else ""
    reason = f"fastest of {len(right)} that answer right, {best}{than}{refused}"
    return Choice(best.target, best.precision, reason)


def measured(skillset: type, checkpoint: str, task: str, targets: Iterable[str]) -> Iterator[Figure]:
    """A figure for each precision of each target that is here, float32 on the processor first."""
    expected, base = _tried(skillset, checkpoint, task, "cpu", "float32", None)
    yield base
    if base.refused is not None:
        return
    for target in targets:
        for precision in TARGETS[target].precisions if _is_here(TARGETS[target]) else ():
            if (target, precision) != ("cpu", "float32"):
                yield _tried(skillset, checkpoint, task, target, precision, expected)[1]


def _tried(
    skillset: type, checkpoint: str, task: str, target: str, precision: str, expected: Any
) -> tuple[Any, Figure]:
    """The answer to the example and its figure; whatever goes wrong is the figure's."""
    try:
        asked = skillset(metadata={"task": task, "precision": precision, "strict": True})
        handler = asked.open(target, checkpoint)[2]
        request = handler.example()
        answer = {key: value for key, value in handler(**request).items() if key not in DETAILS}
        accuracy = measure(answer if expected is None else expected, answer)
        seconds = _median(lambda: handler(**request))
        handler.close()
    except Exception as error:  # whatever a target's library raises
        return None, Figure(target, precision, refused=root_line(error))
    figures = {"error": accuracy.error, "agreement": accuracy.agreement}
    return answer, Figure(target, precision, seconds, **figures, refused=_refused(accuracy, precision))


def _refused(accuracy: Accuracy, precision: str) -> str | None:
    """Why answers are not right. Where there are no floats to tell how near they are, they must be equal."""
    rule = PRECISIONS[precision]
    trouble = accuracy.refused(rule.tolerance)
    if trouble is None and (rule.equal or accuracy.error is None) and accuracy.agreement not in (None, 1.0):
        return f"{1 - accuracy.agreement:.0%} of the answer differs"
    return trouble


def _median(call: Callable[[], Any]) -> float:
    call()
    seconds, until = [], time.perf_counter() + _SECONDS
    while len(seconds) < _LEAST or time.perf_counter() < until:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _is_base(figure: Figure) -> bool:
    return (figure.target, figure.precision) == ("cpu", "float32")


def _is_here(target: Hardware) -> bool:
    try:
        return bool(devices.found(target).devices)
    except SkillsetError:
        return False


def _folder() -> Path:
    """`SKILLSET_FIGURES`, or `skillsets/figures` in the user's cache folder."""
    return Path(os.environ.get(FOLDER_VARIABLE) or platformdirs.user_cache_path("skillsets") / "figures")


def _versions() -> Iterator[str]:
    """The installed version of each library that any target needs, and of transformers."""
    names = {"transformers", *(name for target in TARGETS.values() for name in target.libraries)}
    for name in sorted(names):
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"{name} absent"


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog=f"python -m {_MODULE}",
        description="Measure a model wherever this machine can run it, so that `auto` knows where to.",
        epilog="example: python -m skillset_runtime.auto generated/skillsets/hf_bert.py bert-base-uncased",
    )
    parser.add_argument("skillset", type=Path, help="the file of a skillset")
    parser.add_argument("checkpoint", help="a folder, or a name on the Hub")
    parser.add_argument("--task", help="default: the skillset's own")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS), metavar="TARGET")
    chosen = parser.parse_args(words)
    skillset = skillset_class(chosen.skillset)
    task = skillset().handler_class(chosen.task).task
    kept, figures = Figures.of(skillset.__name__, task, chosen.checkpoint), []
    for figure in measured(skillset, chosen.checkpoint, task, chosen.targets):
        print(figure, flush=True)
        figures.append(figure)
        kept.write(figures)  # now, as the next target's library may crash
    choice = choose(skillset.__name__, task, chosen.checkpoint)
    print(f"auto: {choice.target} {choice.precision}: {choice.reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
