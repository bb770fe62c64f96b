"""Everything generated that can be derived without running a model, planned in memory; nothing is written.

What was planned before is taken from a cache when all that decides it has the same content: specs,
templates, inputs, the running toolchain's code, settings and the versions of tools. Content is read anew
each time; no time stamp and no record of an earlier run is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import generator
from generator import plan as plans
from generator.errors import Problem, ProblemsFound, did_you_mean, raise_if_any
from generator.graph.batches import SIZE, Batches
from generator.graph.facts import FileFacts
from generator.graph.keys import Keys, output_path
from generator.graph.models import Model, from_index
from generator.graph.steps import STEPS, Step
from generator.naming import Layout

Planned = dict[str, str | ProblemsFound]
"""Path below the root, POSIX → the text that belongs there, or why there is none."""
Progress = Callable[[int, int], None]
"""How many files are planned, of how many."""

REQUIREMENTS = Step(
    name="requirements",
    doc="read the requirements off the expectations",
    plan="generator.validation.demands:plan",
    function="generator.validation.demands:plan",
    tools=("pydantic", "PyYAML"),
    reads=(Layout.expectations,),
    writes=(Layout.requirements,),
)
PLANNED = (REQUIREMENTS, *(step for step in STEPS if step.plan))
"""What is planned for each model type; the rest of what it has takes a model that runs."""


def plan(
    layout: Layout,
    model_types: Sequence[str] | None = None,
    *,
    cache: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Planned:
    """What the sources of a checkout give now; for some model types, or for all with all that they share.

    A file whose own input is not there (requirements without expectations) is left out. `cache` is a folder,
    `.cache/plans` unless it is given. Raises `ProblemsFound` for an unknown model type.
    """
    models = _chosen(layout, model_types)
    planned = dict(_of_models(layout, models, cache or layout.cache / "plans", progress))
    if model_types is None:
        planned |= shared(layout)
    return dict(sorted(planned.items()))


def _chosen(layout: Layout, model_types: Sequence[str] | None) -> list[Model]:
    known = from_index(layout).by_name
    if model_types is None:
        return list(known.values())
    unknown = sorted(set(model_types) - known.keys())
    raise_if_any(
        Problem("specs/models", None, f'no model type "{name}" is served', did_you_mean(name, known))
        for name in unknown
    )
    return [known[name] for name in sorted(set(model_types))]


def _of_models(
    layout: Layout, models: Sequence[Model], cache: Path, progress: Progress
) -> Iterator[tuple[str, str | ProblemsFound]]:
    plans.forget()
    code = Path(generator.__file__).parent.parent
    batches = Batches(layout, Keys(FileFacts(layout.root), FileFacts(code)), cache)
    work = [(step, [model for model in models if _is_ready(layout, step, model)]) for step in PLANNED]
    done, total = 0, sum(len(ready) for _, ready in work)
    for step, ready in work:
        for number, model in enumerate(ready):
            yield _path(step, model), _plan_of(batches, step, model, ready[number + 1 :][:SIZE])
            progress(done := done + 1, total)


def _is_ready(layout: Layout, step: Step, model: Model) -> bool:
    return all(read(layout, model.name).exists() for read in step.reads)


def _plan_of(batches: Batches, step: Step, model: Model, others: Sequence[Model]) -> str | ProblemsFound:
    if model.problems:
        return ProblemsFound(model.problems)
    found = batches.take(step, model, [other for other in others if not other.problems])
    if isinstance(found, Exception) and not isinstance(found, ProblemsFound):
        found.add_note(f"while {_path(step, model)} was planned")
        raise found
    return found


def _path(step: Step, model: Model) -> str:
    return output_path(step.writes[0], model.name)


def shared(layout: Layout) -> Planned:
    """What there is once for all model types; cheap enough to be made each time."""
    from generator import targets  # these bring pydantic, and plans that are cached do without
    from generator.specs import jsonschema
    from generator.validation import results

    makers: dict[Path, Callable[[], str]] = {
        layout.matrix_page: lambda: results.text(results.collect(layout)),
        layout.targets: lambda: targets.text(layout),
        **{layout.schemas / name: lambda text=text: text for name, text in jsonschema.schemas().items()},
    }
    return {path.relative_to(layout.root).as_posix(): _made(make) for path, make in makers.items()}


def _made(make: Callable[[], str]) -> str | ProblemsFound:
    try:
        return make()
    except ProblemsFound as found:
        return found
