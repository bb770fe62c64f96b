"""What writing every test and skillset anew costs, beside the naive way and beside plans that were kept.

    python benchmarks/generate.py [--models 10 537] [--naive 10]

On a copy of the checkout with synthetic model types. Naive: for each file a new Jinja environment, a
LibCST pass that resolves scopes, and black (`pip install black`), measured on some models and scaled. The
checks of sanity and the writing are in our figures alone. Figures are CPU seconds, children included.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import libcst as cst
from graph import CHECKOUT, copy_checkout
from libcst.metadata import MetadataWrapper, QualifiedNameProvider, ScopeProvider

from generator import plan
from generator.graph.batches import SIZE, Batches
from generator.graph.build import Build
from generator.graph.models import from_index
from generator.graph.steps import STEPS, new_pool
from generator.naming import Layout
from generator.specs import catalogue
from generator.validation import requirements


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", type=int, nargs="+", default=[10, 537])
    parser.add_argument("--naive", type=int, default=10, help="models whose files are also made naively")
    arguments = parser.parse_args()
    for count in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "checkout"
            copy_checkout(root, count)
            _copy_requirements(Layout(root))
            _measure(root, count, min(count, arguments.naive))


def _copy_requirements(layout: Layout) -> None:
    """Those of the real model type that each synthetic one was made from."""
    for spec in layout.specs.glob("models/*.yaml"):
        source = spec.stem[:-4]
        text = (CHECKOUT / "generated" / "requirements" / f"{source}.yaml").read_text()
        path = layout.requirements(spec.stem)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(f"model_type: {source}\n", f"model_type: {spec.stem}\n"))


def _measure(root: Path, count: int, sample: int) -> None:
    naive = _cpu(lambda: _naively(Layout(root), sample)) / sample * count
    cold = _cpu(lambda: _regenerate(root))
    warm = _cpu(lambda: _regenerate(root))
    print(f"\n{count} model types, {2 * count} files\n{'':28} CPU s   x naive   x cold")
    for what, seconds in {"naive, by sample": naive, "cold": cold, "plans kept": warm}.items():
        print(f"{what:28} {seconds:5.1f} {seconds / naive:9.3f} {seconds / cold:8.3f}")


def _regenerate(root: Path) -> None:
    """All tests and skillsets, as a run of `doit` has them made, which finds none of them in the tree."""
    build = Build(root, STEPS, from_index, new_pool)
    for step in STEPS:
        if step.plan:
            batches, models = Batches(build.layout, build.keys.of), list(build.models.by_name.values())
            for number, model in enumerate(models):
                planned = batches.take(
                    step, model, build.keys.of(step, model), models[number + 1 :][: SIZE - 1]
                )
                path = step.writes[0](build.layout, model.name)
                path.unlink(missing_ok=True)
                step.load()(build.layout, model.name, planned, lambda _: None)


def _naively(layout: Layout, sample: int) -> None:
    import black

    mode = black.Mode(line_length=110)
    for path in sorted(layout.specs.glob("models/*.yaml"))[:sample]:
        spec = catalogue.load_model(layout, path.stem)
        required = requirements.load(layout.requirements(path.stem), layout.root).tasks
        drafts = (lambda p, s=spec: p.test(s), lambda p, s=spec, r=required: p.skillset(s, r))
        for draft in drafts:
            wrapper = MetadataWrapper(cst.parse_module(draft(plan.Planner(layout)).text))
            wrapper.resolve_many([ScopeProvider, QualifiedNameProvider])
            black.format_str(wrapper.module.code, mode=mode)


def _cpu(work: Callable[[], None]) -> float:
    before = _seconds()
    work()
    return _seconds() - before


def _seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(CHECKOUT))
    main()
