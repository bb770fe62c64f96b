"""The hardware targets as a module of the runtime, which reads no specs."""

from __future__ import annotations

from generator import formatting
from generator.naming import Layout
from generator.render import Renderer
from generator.specs import catalogue

TEMPLATE = "runtime/targets.py.j2"


def text(layout: Layout) -> str:
    """The source of skillset_runtime/targets.py."""
    _, _, hardware = catalogue.load_vocabulary(layout)
    precisions = catalogue.load_precisions(layout).values()
    context = {
        "targets": [target.model_dump() for target in hardware.values()],
        "precisions": [
            {"name": each.name, "tolerance": each.tolerance, "equal": each.equal} for each in precisions
        ],
    }
    path = layout.targets.relative_to(layout.root)
    source = Renderer(layout.templates).render(TEMPLATE, context)
    return formatting.format_sources({path: source}, layout.root / "pyproject.toml")[path]
