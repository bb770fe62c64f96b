"""Which branches of the templates no model type takes: found by rendering everything with probes in them.

A branch is an arm of a condition (also one that is not written: a condition that always holds is none),
of a conditional expression, the body of a loop and its `else`, a macro, a block that is not empty, and a
template as a whole. What lies within a branch that nothing takes is not told by itself.

`templates/untaken.yaml` has the branches that are right to be there, each with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

from generator.errors import Problem, ProblemsFound, did_you_mean, raise_if_any
from generator.naming import Layout
from generator.plan import Planner
from generator.review.branches import Branch, BranchRenderer
from generator.specs import catalogue, yaml_source
from generator.specs.schema import Frozen, ModelSpec
from generator.specs.typed import Located, validate
from generator.validation import requirements
from generator.views import FileSubject, served

_FOLDERS = ("skillsets", "tests")


class Allowed(Frozen):
    """A branch that no model type takes, and why it is there nevertheless."""

    template: str
    branch: str
    reason: Annotated[str, StringConstraints(min_length=10)]


class Untaken(Frozen):
    """`templates/untaken.yaml`."""

    branches: tuple[Allowed, ...] = ()


@dataclass(frozen=True)
class Coverage:
    """What became of the branches: how many there are, and those that no model type takes."""

    branches: int
    templates: int
    untaken: tuple[Branch, ...]
    allowed: tuple[Allowed, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The untaken branches that no reason is given for."""
        reasons = {(each.template, each.branch) for each in self.allowed}
        hint = "take the branch out, or give the reason in templates/untaken.yaml"
        return tuple(
            Problem(f"templates/{branch.template}", branch.line, f"no model type takes: {branch.name}", hint)
            for branch in self.untaken
            if (branch.template, branch.name) not in reasons
        )


def coverage(layout: Layout) -> Coverage:
    """Render everything. Raises `ProblemsFound` for wrong specs, templates or entries of the allow-list."""
    renderer = BranchRenderer(layout.templates, _FOLDERS)
    raise_if_any(renderer.lint())  # which reads all templates, also those that nothing renders
    listed = _listed(layout)
    raise_if_any([*_render_all(layout, renderer), *_wrong_entries(listed, renderer)])
    untaken = tuple(branch for branch in renderer.branches if _is_news(branch, renderer))
    templates = len({branch.template for branch in renderer.branches})
    return Coverage(len(renderer.branches), templates, untaken, listed.value.branches if listed else ())


def _render_all(layout: Layout, renderer: BranchRenderer) -> list[Problem]:
    """What is wrong with the model types that cannot be rendered."""
    names = sorted(file.stem for file in (layout.specs / "models").glob("*.yaml"))
    planner = Planner(layout, renderer)
    problems: list[Problem] = []
    for name, spec in catalogue.load_models(layout, names).items():
        renderer.subject = name
        try:
            _render(layout, planner, spec)
        except ProblemsFound as found:
            problems += found.problems
    return problems


def _render(layout: Layout, planner: Planner, spec: ModelSpec | ProblemsFound) -> None:
    """Both files of a model type, as far as it has them."""
    if isinstance(spec, ProblemsFound):
        raise spec
    if not served(spec):
        return
    planner.rendered(FileSubject(spec, layout, "tests"))
    required = layout.requirements(spec.model_type)
    if required.exists():
        tasks = requirements.load(required, layout.root).tasks
        planner.rendered(FileSubject(spec, layout, "skillsets", tasks))


def _is_news(branch: Branch, renderer: BranchRenderer) -> bool:
    return branch not in renderer.taken and (branch.within is None or branch.within in renderer.taken)


def _listed(layout: Layout) -> Located[Untaken] | None:
    file = layout.templates / "untaken.yaml"
    return validate(Untaken, yaml_source.read(file, layout.root)) if file.exists() else None


def _wrong_entries(listed: Located[Untaken] | None, renderer: BranchRenderer) -> Iterator[Problem]:
    """Entries for what is taken, or is not there."""
    branches = {(branch.template, branch.name): branch for branch in renderer.branches}
    for index, entry in enumerate(listed.value.branches if listed else ()):
        branch = branches.get((entry.template, entry.branch))
        if branch is None:
            message = f'there is no branch "{entry.branch}" in templates/{entry.template}'
            hint = _nearest(entry, branches) or "take the entry out"
            yield listed.problem(("branches", index), message, hint)
        elif branch in renderer.taken:
            message = f'"{entry.branch}" is taken by {renderer.taken[branch]}'
            yield listed.problem(("branches", index), message, "take the entry out")


def _nearest(entry: Allowed, branches: Collection[tuple[str, str]]) -> str | None:
    here = [name for template, name in branches if template == entry.template]
    return (
        did_you_mean(entry.branch, here)
        if here
        else did_you_mean(entry.template, {template for template, _ in branches})
    )
