"""What the task graph costs, as ratios to doit alone and to ninja: nothing to do, listing, rendering a model.

    python benchmarks/graph.py [--models 10 537] [--runs 7]

The checkout is copied, with as many model types as asked for, made from the real specs under other names.
Their outputs and the journal are written as if everything had just been done, so that the keys are the real
ones and only rendering really runs. ninja gets the same graph: an edge per task, shared inputs behind phony
targets, the quickest way to write it. Figures are CPU seconds (user and system, children included) of the
quickest run.

What a build system costs when one spec changed is what it takes beyond the work, which is the same for both:
rendering that one file in a process of its own. ninja's edges only `touch`, so all of its run is overhead.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
COPIED = ("generator", "skillset_runtime", "templates", "dodo.py", "pyproject.toml")
RENDER = """
import pathlib, sys
from generator import plan
from generator.naming import Layout
layout, model = Layout(pathlib.Path.cwd()), sys.argv[1]
plan.publish_test(layout, model, plan.plan_tests(layout, [model])[model], print)
"""
VOCABULARY = ("families", "tasks", "hardware")
DOIT = (sys.executable, "-m", "doit")
# What pip's script for it does.
SKILLSETS = (
    sys.executable,
    "-c",
    "from generator.graph.console_script import main; raise SystemExit(main())",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", type=int, nargs="+", default=[10, 537])
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    for count in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "checkout"
            copy_checkout(root, count)
            _pretend_all_done(root)
            _measure(root, count, arguments.runs)


def copy_checkout(root: Path, count: int) -> None:
    """A checkout with so many model types, each the real one of its name without the digits."""
    for name in COPIED:
        source = CHECKOUT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        root.mkdir(exist_ok=True)
        copy(source, root / name)
    for name in VOCABULARY:
        shutil.copytree(CHECKOUT / "specs" / name, root / "specs" / name)
    served = {path.name for path in (CHECKOUT / "generated" / "requirements").glob("*.yaml")}
    specs = sorted(path for path in (CHECKOUT / "specs" / "models").glob("*.yaml") if path.name in served)
    for folder in ("models", "overlays"):
        (root / "specs" / folder).mkdir()
    for number in range(count):
        source = specs[number % len(specs)]
        name = f"{source.stem}{number:04}"
        text = re.sub(r"(?m)^model_type: .*$", f"model_type: {name}", source.read_text())
        text = text.replace(f"specs/overlays/{source.stem}.yaml", f"specs/overlays/{name}.yaml")
        (root / "specs" / "models" / f"{name}.yaml").write_text(text)
        overlay = CHECKOUT / "specs" / "overlays" / source.name
        if overlay.exists():
            shutil.copy(overlay, root / "specs" / "overlays" / f"{name}.yaml")


def _pretend_all_done(root: Path) -> None:
    """Write every output and a record of every task, with the keys that the graph asks for."""
    sys.path.insert(0, str(CHECKOUT))
    from generator.graph.build import Build
    from generator.graph.journal import Record
    from generator.graph.keys import outputs, task_name
    from generator.graph.models import from_index
    from generator.graph.steps import STEPS, new_pool

    build = Build(root, STEPS, from_index, new_pool)
    ninja = Ninja(root)
    for model in build.models.by_name.values():
        for step in STEPS:
            paths = outputs(step.writes, model)
            for path in paths:
                _write(root / path, f"# {step.name} of {model.name}\n" * 500)
            targets = {path: build.facts.digest(path) for path in paths}
            build.journal.put(Record(task_name(step, model), build.keys.of(step, model), targets, 1.0))
            own = (*outputs(step.reads, model), *model.specs)
            shared = tuple(path for path in build.keys.files(step, model) if path not in own)
            ninja.add(paths, own, shared)
    ninja.write()


class Ninja:
    """The same graph as a build.ninja; `generator` edges are up to date when their outputs are newer."""

    def __init__(self, root: Path):
        self._root = root
        self._phony: dict[tuple[str, ...], str] = {}
        self._edges: list[str] = []

    def add(self, outputs: Sequence[str], own: Sequence[str], shared: tuple[str, ...]) -> None:
        name = self._phony.setdefault(shared, f"shared{len(self._phony)}")
        self._edges.append(f"build {' '.join(outputs)}: made {' '.join(own)} {name}\n")

    def write(self) -> None:
        rule = "rule made\n  command = touch $out\n  generator = 1\n"
        phony = [f"build {name}: phony {' '.join(paths)}\n" for paths, name in self._phony.items()]
        (self._root / "build.ninja").write_text("".join([rule, *phony, *self._edges]))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _measure(root: Path, count: int, runs: int) -> None:
    model = min(path.stem for path in (root / "specs" / "models").iterdir())
    time.sleep(0.1)  # outputs older than a clock tick, for the graph trusts no younger stat
    for words in ((), ()):
        _require_nothing_to_do(root, words)
    changed = ("ninja", f"generated/tests/test_hf_{model}.py")
    figures = {
        'python -c "import doit"': _cpu(root, (sys.executable, "-c", "import doit"), runs),
        "ninja, nothing to do": _cpu(root, ("ninja",), runs, expected=b"no work to do"),
        "doit, nothing to do": _cpu(root, DOIT, runs, expected=b"nothing to do"),
        "skillsets, nothing to do": _cpu(root, SKILLSETS, runs, expected=b"nothing to do"),
        "doit, checking all keys": _cpu(root, DOIT, runs, before=lambda: _forget_clean(root)),
        "doit list": _cpu(root, (*DOIT, "list"), runs, expected=b"validate"),
        "ninja, one spec changed": _cpu(root, changed, runs, b"[1/1]", lambda: _edit(root, model)),
        "doit, one spec changed": _cpu(
            root, (*DOIT, f"tests:{model}"), runs, b"1 task executed", lambda: _edit(root, model)
        ),
        "rendering that file alone": _cpu(root, (sys.executable, "-c", RENDER, model), runs),
    }
    _print(count, figures)


def _require_nothing_to_do(root: Path, words: Sequence[str]) -> None:
    ran = subprocess.run([*DOIT, *words], cwd=root, env=_environment(root), capture_output=True, text=True)
    if "nothing to do" not in ran.stdout:
        sys.exit(f"the copy should have nothing to do:\n{ran.stdout}{ran.stderr}")


def _forget_clean(root: Path) -> None:
    (root / ".cache" / "clean.json").unlink(missing_ok=True)


def _edit(root: Path, model: str) -> None:
    time.sleep(0.02)  # later than what was just made, by the file system's clock, which ticks every 4 ms
    with (root / "specs" / "models" / f"{model}.yaml").open("a") as file:
        file.write("# a comment\n")


def _cpu(
    root: Path,
    command: Sequence[str],
    runs: int,
    expected: bytes = b"",
    before: Callable[[], None] = lambda: None,
) -> float:
    return min(_cpu_once(root, command, expected, before) for _ in range(runs))


def _cpu_once(root: Path, command: Sequence[str], expected: bytes, before: Callable[[], None]) -> float:
    before()
    start = _children_seconds()
    ran = subprocess.run(command, cwd=root, env=_environment(root), capture_output=True)
    seconds = _children_seconds() - start
    if ran.returncode or expected not in ran.stdout:
        sys.exit(f"{' '.join(command)} ended with {ran.returncode}:\n{(ran.stdout + ran.stderr).decode()}")
    return seconds


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _environment(root: Path) -> dict[str, str]:
    scripts = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PYTHONPATH": str(root),
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
    }


def _print(count: int, figures: dict[str, float]) -> None:
    alone, ninja = list(figures.values())[:2]
    print(f"\n{count} model types, {4 * count} tasks\n{'':44} CPU s   × import doit   × ninja")
    for what, seconds in figures.items():
        print(f"{what:44} {seconds:5.3f} {seconds / alone:12.2f} {seconds / ninja:11.1f}")
    changed = figures["doit, one spec changed"] - figures["rendering that file alone"]
    ratio = changed / figures["ninja, one spec changed"]
    print(f"one spec changed, beyond the rendering: {changed:.3f} CPU s, {ratio:.1f} × ninja's")


if __name__ == "__main__":
    main()
