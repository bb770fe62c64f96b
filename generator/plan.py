"""A model type's generated files as text, made without touching the tree; publishing is a step of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from generator import formatting, naming, sanity, transforms, views
from generator.code_overlay import fitting
from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.publish import encode, publish
from generator.render import Renderer
from generator.safe_code import Code
from generator.sanity import GeneratedFile
from generator.specs import catalogue
from generator.specs.schema import ModelSpec
from generator.transforms import TransformFacts
from generator.validation import requirements
from generator.views import FileSubject

Report = Callable[[str], None]
Plan = str | Exception
"""The finished text of a file, or why there is none."""
Plans = dict[str, Plan]


class Planner:
    """Renders the files of any number of model types with one Jinja environment."""

    def __init__(self, layout: Layout, renderer: Renderer | None = None):
        self._layout = layout
        self._renderer = renderer or Renderer(layout.templates)
        _, self._tasks, _ = catalogue.load_vocabulary(layout)

    def test(self, spec: ModelSpec) -> GeneratedFile:
        """The generated test of a model type, before formatting."""
        return _transformed(self.rendered(FileSubject(spec, self._layout, "tests")))

    def skillset(self, spec: ModelSpec, required: Collection[str]) -> GeneratedFile:
        """The skillset of a model type for the tasks that are required of it, before formatting."""
        written = self.rendered(FileSubject(spec, self._layout, "skillsets", required))
        return _transformed(fitting.fitted(written, self._layout, spec.model_type))

    def rendered(self, subject: FileSubject) -> GeneratedFile:
        """A file as its templates write it; of a code overlay it has the name alone."""
        context = views.file_context(subject)
        for task in context["tasks"]:
            task["code"] = self._task(subject.spec, task["name"], subject.kind)
        facts = _facts(subject)
        return GeneratedFile(self._renderer.render(facts.template, context), facts)

    def _task(self, spec: ModelSpec, task: str, kind: str) -> Code:
        template = naming.task_template(kind, spec.tasks[task].template)
        return self._renderer.render(template, views.task_context(spec, self._tasks[task]))


def _facts(subject: FileSubject) -> TransformFacts:
    if subject.kind == "tests":
        return TransformFacts(path=subject.path, template=subject.template)
    return TransformFacts(
        path=subject.path,
        template=subject.template,
        skillset_class=naming.skillset_name(subject.spec.model_type),
        tasks=tuple(subject.tasks),
        fragments=tuple(_fragment(subject.spec, task) for task in subject.tasks),
    )


def _fragment(spec: ModelSpec, task: str) -> tuple[str, str]:
    """The class that serves a task, and the template that writes it."""
    return naming.handler_class(task), naming.task_template("skillsets", spec.tasks[task].template)


def _transformed(file: GeneratedFile) -> GeneratedFile:
    return GeneratedFile(transforms.apply(file.text, file.facts), file.facts)


def plan_tests(layout: Layout, model_types: list[str]) -> Plans:
    """The generated tests of some model types."""
    return _plan(layout, model_types, layout.test, _planner(layout).test)


def plan_skillsets(layout: Layout, model_types: list[str]) -> Plans:
    """The skillsets of some model types, for the tasks that their requirements name."""

    def skillset(spec: ModelSpec) -> GeneratedFile:
        return _planner(layout).skillset(spec, required_tasks(layout, spec.model_type))

    return _plan(layout, model_types, layout.skillset, skillset)


def write_skillset(layout: Layout, model_type: str) -> GeneratedFile:
    """A skillset as the templates write it, before its code overlay and all transforms."""
    spec = catalogue.load_model(layout, model_type)
    return _planner(layout).rendered(
        FileSubject(spec, layout, "skillsets", required_tasks(layout, model_type))
    )


def required_tasks(layout: Layout, model_type: str) -> Collection[str]:
    """The tasks that a model type's skillset must have, by what its test observed."""
    return requirements.load(layout.requirements(model_type), layout.root).tasks


def publish_test(layout: Layout, model_type: str, plan: Plan, report: Report) -> None:
    """Write the generated test of one model type."""
    _publish(layout, layout.test(model_type), plan, report)


def publish_skillset(layout: Layout, model_type: str, plan: Plan, report: Report) -> None:
    """Write the skillset of one model type."""
    _publish(layout, layout.skillset(model_type), plan, report)


@cache
def _planner(layout: Layout) -> Planner:
    """One for the whole run: compiling the templates costs more than rendering them."""
    return Planner(layout)


def forget() -> None:
    """Have templates and tasks read again: they may have changed since the last plan of this process."""
    _planner.cache_clear()


def _plan(
    layout: Layout,
    model_types: list[str],
    path_of: Callable[[str], Path],
    draft: Callable[[ModelSpec], GeneratedFile],
) -> Plans:
    """Render all, then format and check them together; one that fails leaves the others alone."""
    plans: Plans = {}
    drafts: dict[str, GeneratedFile] = {}
    for model_type, spec in catalogue.load_models(layout, model_types).items():
        try:
            if isinstance(spec, ProblemsFound):
                raise spec
            drafts[model_type] = draft(spec)
        except Exception as error:  # for the model's own task to raise
            plans[model_type] = error
    files = {path_of(name).relative_to(layout.root): draft for name, draft in drafts.items()}
    try:
        finished = _finish(layout, files)
    except Exception as error:  # a full disk, say; each of the tasks raises it
        finished = dict.fromkeys(files, error)
    return plans | dict(zip(drafts, finished.values(), strict=True))


def _finish(layout: Layout, drafts: dict[Path, GeneratedFile]) -> dict[Path, Plan]:
    """Format and check together; a file that fails has its problems instead of a text."""
    try:
        texts = formatting.format_sources(
            {path: draft.text for path, draft in drafts.items()}, layout.root / "pyproject.toml"
        )
    except ProblemsFound as found:
        refused = {problem.path for problem in found.problems}
        rest = {path: draft for path, draft in drafts.items() if path.as_posix() not in refused}
        return dict.fromkeys(drafts, found) | (_finish(layout, rest) if len(rest) < len(drafts) else {})
    files = {path: GeneratedFile(text, drafts[path].facts) for path, text in texts.items()}
    problems = sanity.check(files, layout)
    names = {path.as_posix() for path in files}
    found = {
        path: [problem for problem in problems if problem.path not in names - {path.as_posix()}]
        for path in files
    }
    return {path: ProblemsFound(found[path]) if found[path] else text for path, text in texts.items()}


def _publish(layout: Layout, path: Path, plan: Plan, report: Report) -> None:
    if isinstance(plan, Exception):
        raise plan
    if publish({path: encode(plan)}, layout).written:
        report(f"wrote {path.relative_to(layout.root)}")
