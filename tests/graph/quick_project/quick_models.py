"""The models and steps of the quick project: specs of `key: value` lines, read without a parser."""

from dataclasses import replace
from pathlib import Path

from generator.errors import Problem
from generator.graph import steps
from generator.graph.models import Model, Models
from generator.naming import Layout

FUNCTIONS = {
    "tests": "quick_writing:publish_test",
    "reference": "quick_running:observe",
    "generate": "quick_writing:publish_skillset",
    "validate": "quick_running:validate",
}
STEPS = tuple(
    replace(step, function=FUNCTIONS[step.name], modules=(), plan="", tools=("doit",)) for step in steps.STEPS
)


def models(layout: Layout) -> Models:
    found = {path.stem: _model(path) for path in sorted((layout.specs / "models").glob("*.yaml"))}
    return Models(found)


def _model(path: Path) -> Model:
    family = facts(path).get("family")
    shown = f"specs/models/{path.name}"
    if family is None:
        return Model(path.stem, (shown,), (), (), (Problem(shown, 1, "no family"),))
    specs = (shown, f"specs/overlays/{path.name}", f"specs/families/{family}.yaml")
    return Model(path.stem, specs, (f"tests/{family}.py.j2",), (f"skillsets/{family}.py.j2",))


def facts(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def pool(layout: Layout, workers: int, warm: tuple[str, ...]) -> object:
    from generator.execution.pool import Pool

    return Pool(layout.cache / "pool", preload=(), workers=workers)
