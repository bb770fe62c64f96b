"""A checkout of some model types, which tests may write into."""

from __future__ import annotations

import shutil
from pathlib import Path

from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.plan import plan_skillsets

PROJECT = Path(__file__).parents[2]
OF_A_TYPE = (Layout.model_spec, Layout.overlay, Layout.requirements, Layout.skillset, Layout.test)


def checkout(root: Path, *model_types: str) -> Layout:
    """A checkout in a new folder, with the templates, and what there is of some model types."""
    layout, original = Layout(root), Layout(PROJECT)
    shutil.copytree(original.templates, layout.templates)
    for name in ("dodo.py", "pyproject.toml"):
        shutil.copy(PROJECT / name, root / name)
    (root / "skillset_runtime").symlink_to(PROJECT / "skillset_runtime")
    for folder in ("families", "tasks", "hardware", "precisions"):
        shutil.copytree(original.specs / folder, layout.specs / folder)
    (layout.specs / "overlays").mkdir()
    for path_of in OF_A_TYPE:
        for model_type in model_types:
            if path_of(original, model_type).exists():
                path_of(layout, model_type).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path_of(original, model_type), path_of(layout, model_type))
    return layout


def skillset(layout: Layout, model_type: str) -> str:
    """The text of a skillset as it would be generated now; raises what is wrong."""
    plan = plan_skillsets(layout, [model_type])[model_type]
    if isinstance(plan, Exception):
        raise plan
    return plan


def refused(layout: Layout, model_type: str) -> str:
    """Why a skillset cannot be generated now."""
    plan = plan_skillsets(layout, [model_type])[model_type]
    assert isinstance(plan, ProblemsFound), plan
    return str(plan)
