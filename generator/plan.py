"""A model type's generated files as text, made without touching the tree; publishing is a step of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from generator import formatting, naming, sanity, transforms, views
from generator.errors import raise_if_any
from generator.naming import Layout
from generator.publish import encode, publish
from generator.render import Renderer
from generator.sanity import GeneratedFile
from generator.specs import catalogue
from generator.specs.schema import ModelSpec, SupportStatus
from generator.transforms import Handler, Target, TransformFacts
from generator.validation import requirements
from generator.views import Vocabulary

Report = Callable[[str], None]


class Planner:
    """Renders the files of any number of model types with one Jinja environment and one vocabulary."""

    def __init__(self, layout: Layout):
        self._layout = layout
        self._renderer = Renderer(layout.templates)
        self._vocabulary = Vocabulary(*catalogue.load_vocabulary(layout))

    def test(self, spec: ModelSpec) -> GeneratedFile:
        """The generated test of a model type, before formatting."""
        template = naming.family_template("tests", spec.family)
        facts = TransformFacts(path=self._shown(self._layout.test(spec.model_type)), template=template)
        return self._file(spec, facts, "tests", views.served(spec))

    def skillset(self, spec: ModelSpec, required: Collection[str]) -> GeneratedFile:
        """The skillset of a model type for the tasks that are required of it, before formatting."""
        tasks = views.served(spec, required)
        facts = TransformFacts(
            path=self._shown(self._layout.skillset(spec.model_type)),
            template=naming.family_template("skillsets", spec.family),
            skillset_class=naming.skillset_name(spec.model_type),
            hardware=self._targets(spec),
            tasks=tuple(Handler(task, naming.handler_class(task)) for task in tasks),
        )
        return self._file(spec, facts, "skillsets", tasks)

    def _file(self, spec: ModelSpec, facts: TransformFacts, folder: str, tasks: list[str]) -> GeneratedFile:
        context = views.file_context(spec, self._layout, facts.template, facts.path)
        context["default_task"] = tasks[0]
        context["tasks"] = [self._task(spec, name, folder) for name in tasks]
        return GeneratedFile(transforms.apply(self._renderer.render(facts.template, context), facts), facts)

    def _task(self, spec: ModelSpec, task: str, folder: str) -> dict[str, str]:
        context = views.task_context(spec, self._vocabulary.tasks[task])
        code = self._renderer.render(naming.task_template(folder, spec.tasks[task].template), context)
        names = {key: context[key] for key in ("handler_class", "function", "requests_name")}
        return {"name": task, "code": code, **names}

    def _targets(self, spec: ModelSpec) -> tuple[Target, ...]:
        """The hardware targets that the model type works on."""
        return tuple(
            Target(name, self._vocabulary.hardware[name].initializer)
            for name, support in sorted(spec.hardware.items())
            if support.status is SupportStatus.SUPPORTED
        )

    def _shown(self, path: Path) -> str:
        return path.relative_to(self._layout.root).as_posix()


def publish_test(layout: Layout, model_type: str, report: Report) -> None:
    """Render, check and write the generated test of one model type."""
    spec = catalogue.load_model(layout, model_type)
    _publish(layout, layout.test(model_type), _planner(layout).test(spec), report)


def publish_skillset(layout: Layout, model_type: str, report: Report) -> None:
    """Render, check and write the skillset of one model type, for the tasks that its requirements name."""
    spec = catalogue.load_model(layout, model_type)
    required = requirements.load(layout.requirements(model_type), layout.root).tasks
    _publish(layout, layout.skillset(model_type), _planner(layout).skillset(spec, required), report)


@cache
def _planner(layout: Layout) -> Planner:
    """One for the whole run: compiling the templates costs more than rendering them."""
    return Planner(layout)


def _publish(layout: Layout, path: Path, file: GeneratedFile, report: Report) -> None:
    """Format, check, write: a file that fails a check is not written."""
    name = path.relative_to(layout.root)
    formatted = formatting.format_sources({name: file.text}, layout.root / "pyproject.toml")
    files = {name: GeneratedFile(formatted[name], file.facts)}
    raise_if_any(sanity.check(files, layout))
    if publish({path: encode(formatted[name])}, layout).written:
        report(f"wrote {name}")
