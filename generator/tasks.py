"""doit task dictionaries, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from doit import get_var
from doit.exceptions import TaskFailed
from doit.task import Task

from generator.errors import ProblemsFound
from generator.graph.build import Build
from generator.graph.console import CONSOLE
from generator.graph.keys import outputs, task_name
from generator.graph.matrix import groups
from generator.graph.models import Model
from generator.graph.steps import DERIVE, DERIVE_ALL, MATRIX, Step, StepFailed

TaskDict = dict[str, Any]

# Nothing is captured: tasks run in threads, and doit captures by exchanging the one sys.stdout.
_UNCAPTURED: TaskDict = {"io": {"capture": False}, "verbosity": 2}


def step(build: Build, name: str) -> Iterator[TaskDict]:
    """The group of a step, and its task for each chosen model."""
    names = [step.name for step in build.steps]
    this, earlier = build.steps[names.index(name)], names[: names.index(name)][-1:]
    yield {"name": None, "doc": this.doc}
    for model in build.chosen:
        before = [f"{before}:{model.name}" for before in earlier]
        yield {"name": model.name, "task_dep": before, **_of_model(build, this, model)}


def matrix(build: Build) -> Iterator[Task]:
    """The group of the matrix, those within it, and its tasks for each chosen model, where asked for."""
    cells, models = build.matrix, [model.name for model in build.chosen]
    yield Task(MATRIX.name, None, task_dep=[cell.name for cell in cells], doc=MATRIX.doc, has_subtask=True)
    for name, within in groups(cells, models if cells else ()):
        yield Task(name, None, task_dep=within, has_subtask=True, subtask_of=MATRIX.name)
    for cell in cells:
        for model in build.chosen:
            name = task_name(cell, model)
            yield Task(name, **_of_model(build, cell, model), subtask_of=cell.name)


def _of_model(build: Build, step: Step, model: Model) -> TaskDict:
    """What a step does for a model, whichever group it stands in."""
    return {
        "actions": [(_attempt, [build.run, step, model])],
        "targets": list(outputs(step.writes, model)),
        "uptodate": [(build.is_current, [step, model])],
        "meta": {"reasons": build.reasons, "family": model.family},
        **_UNCAPTURED,
    }


def models(build: Build) -> Iterator[Task]:
    """A group of everything for each chosen model; as subtasks, they are left out by `doit list`."""
    names = [model.name for model in build.chosen]
    doc = "everything for each model (for one: its name, as in `doit bert`)"
    yield Task("models", None, task_dep=names, doc=doc, has_subtask=True)
    for model in build.chosen:
        last = task_name(build.steps[-1], model)
        yield Task(
            model.name,
            None,
            task_dep=[last],
            doc=f"everything for {model.name}",
            has_subtask=True,
            subtask_of="models",
        )


def specs(build: Build) -> Iterator[Task]:
    """Deriving specs, one or all at once: always done when asked for, and never otherwise."""
    docs = get_var("docs")
    everything = [(_attempt, [build.derive_all, DERIVE_ALL, docs])]
    yield Task("specs", everything, doc=DERIVE.doc, has_subtask=True, **_UNCAPTURED)
    for name in build.derivable:
        actions = [(_attempt, [build.derive, DERIVE, name, docs])]
        doc = f"derive the spec of {name} again"
        yield Task(f"specs:{name}", actions, doc=doc, subtask_of="specs", **_UNCAPTURED)


def schemas(build: Build) -> TaskDict:
    """Writing the schemas: done when asked for; `doit check` tells when it is due."""
    return {"actions": [(_attempt, [_schemas, build])], **_UNCAPTURED}


def targets(build: Build) -> TaskDict:
    """Writing the runtime's hardware targets: done when asked for; `doit check` tells when it is due."""
    return {"actions": [(_attempt, [_targets, build])], **_UNCAPTURED}


def results(build: Build) -> TaskDict:
    """What the matrix holds, as a table and a page; made whenever it is asked for."""
    return {"actions": [(_attempt, [_results, build])], **_UNCAPTURED}


def report(build: Build) -> TaskDict:
    """The results of this machine's last validations as a page; made whenever it is asked for."""
    return {"actions": [(_attempt, [_report, build])], **_UNCAPTURED}


def _report(build: Build) -> None:
    from generator.validation import report

    for path in report.write(build.layout):
        CONSOLE.note(f"wrote {path.as_posix()}")


def _results(build: Build) -> None:
    from generator.validation import results

    found = results.collect(build.layout)
    CONSOLE.note(results.table(found))
    for path in results.write(build.layout, found):
        CONSOLE.note(f"wrote {path.as_posix()}")


def _attempt(run: Callable[..., None], *arguments: object) -> TaskFailed | None:
    """Run something; a failure that is explained needs no traceback."""
    try:
        run(*arguments)
    except (StepFailed, ProblemsFound) as failed:
        return TaskFailed(str(failed))
    return None


def _schemas(build: Build) -> None:
    from generator.specs import jsonschema

    _publish(build, {build.layout.schemas / name: text for name, text in jsonschema.schemas().items()})


def _targets(build: Build) -> None:
    from generator import targets

    _publish(build, {build.layout.targets: targets.text(build.layout)})


def _publish(build: Build, texts: Mapping[Path, str]) -> None:
    from generator import publish

    encoded = {path: publish.encode(text) for path, text in texts.items()}
    for path in publish.publish(encoded, build.layout).written:
        CONSOLE.note(f"wrote {path.as_posix()}")
