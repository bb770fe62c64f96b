"""Which outputs a changed file has a part in, as the keys of the task graph know it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

from generator.graph.closure import code_digest, settings_digest
from generator.graph.facts import FileFacts
from generator.graph.keys import Keys, output_path
from generator.graph.models import from_index
from generator.graph.prune import OUTPUTS
from generator.graph.steps import STEPS
from generator.naming import Layout
from generator.review.planning import PLANNED

SETTINGS = "pyproject.toml"
_MEASURED = ("generated/expectations/", "generated/matrix/", "generated/docs/")
"""What running a model wrote, and the pages that count it: figures, which no template decides."""
_STEPS = (*PLANNED, *(step for step in STEPS if step not in PLANNED))

_SHARED = {
    "skillset_runtime/targets.py": ("specs/hardware/", "specs/precisions/", "templates/runtime/"),
    "specs/schemas/": ("generator/specs/",),
    "generated/docs/": ("generated/matrix/", "specs/", "generator/validation/"),
}
"""What is made once for all model types → what it is made of."""

Reach = dict[str, frozenset[str]]
"""Step → the model types whose task of that step reads a file."""


def reach(layout: Layout, changed: Collection[str]) -> dict[str, Reach]:
    """Each of the changed files that decides anything, with the tasks that read it."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    keys, wanted = Keys(FileFacts(layout.root)), frozenset(changed)
    for model in from_index(layout).by_name.values():
        for step in _STEPS:
            read = wanted.intersection(keys.files(step, model))
            read |= wanted & {SETTINGS} if step.settings else frozenset()
            for path in read:
                found[path][step.name].add(model.name)
    return {path: {step: frozenset(types) for step, types in steps.items()} for path, steps in found.items()}


def together(one: Mapping[str, Reach], other: Mapping[str, Reach]) -> dict[str, Reach]:
    """What files reach on either side of a change."""
    return {
        path: {
            step: one.get(path, {}).get(step, frozenset()) | other.get(path, {}).get(step, frozenset())
            for step in (*one.get(path, {}), *other.get(path, {}))
        }
        for path in (*one, *other)
    }


def planned_types(reaches: Mapping[str, Reach]) -> set[str]:
    """The model types for which something is to be planned again."""
    steps = {step.name for step in PLANNED}
    return {name for found in reaches.values() for step in steps & found.keys() for name in found[step]}


def owners(layout: Layout) -> dict[str, str]:
    """Every file that a model type has or could have below `generated/` → the model type."""
    return {output_path(kind, name): name for name in from_index(layout).by_name for kind in OUTPUTS}


def is_measured(path: str) -> bool:
    """Whether an output holds what running models came to."""
    return path.startswith(_MEASURED)


def outputs_of(reached: Reach) -> set[str]:
    """The outputs that the tasks write which read a file."""
    steps = {step.name: step for step in _STEPS}
    return {
        output_path(output, name)
        for step, types in reached.items()
        for output in steps[step].writes
        for name in types
    }


def shared_outputs(path: str, outputs: Collection[str]) -> set[str]:
    """Those of the outputs that are made once for all model types, and of this file among others."""
    made = tuple(output for output, sources in _SHARED.items() if path.startswith(sources))
    return {output for output in outputs if output.startswith(made)} if made else set()


def says_the_same(old: Layout, new: Layout, path: str) -> bool:
    """Whether a change cannot matter: comments and layout of a module, settings that no step reads."""
    if path == SETTINGS:
        tools = {tool for step in _STEPS for tool in step.settings}
        digests = [partial(settings_digest, tool=tool) for tool in sorted(tools)]
        return all(_of(digest, old) == _of(digest, new) for digest in digests)
    both = Path(old.root, path).exists() and Path(new.root, path).exists()
    digest = partial(code_digest, path=path)
    return both and path.endswith(".py") and _of(digest, old) == _of(digest, new)


def _of(digest: partial[str], layout: Layout) -> str:
    return digest(FileFacts(layout.root))
