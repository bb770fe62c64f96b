"""The steps that a model type goes through, in order: what each calls, reads, writes, and is decided by."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.graph.models import Model
from generator.naming import Layout

Output = Callable[[Layout, str], Path]

_WRITERS = ("jinja2", "libcst", "pydantic", "PyYAML", "ruff")
_RUNNERS = (
    "numpy",
    "pillow",
    "pydantic",
    "pytest",
    "PyYAML",
    "safetensors",
    "timm",
    "tokenizers",
    "torch",
    "torchaudio",
    "torchvision",
    "transformers",
)
_ENGINES = ("nncf", "onnx", "onnxruntime", "onnxruntime-qnn", "onnxscript", "openvino", "torchao")

# pytest finds it by its entry point, so that no import tells of it.
_PLUGIN = "generator.validation.plugin"
WARM = "generator.validation.warm"
_WARM_EXPORTERS = "generator.validation.warm_exporters"


class StepFailed(Exception):
    """A step did its work and the answer is no; the message is for a person."""


@dataclass(frozen=True)
class Step:
    """One kind of task, the same for every model type."""

    name: str
    doc: str
    function: str
    """`module:function`, imported when first called.

    It is given `(layout, model_type, *arguments[, pool][, plan], report)`.
    """
    tools: tuple[str, ...]
    """Distributions whose version decides the output."""
    writes: tuple[Output, ...]
    settings: tuple[str, ...] = ()
    """Tools whose settings in pyproject.toml decide the output."""
    reads: tuple[Output, ...] = ()
    overlays: tuple[Output, ...] = ()
    """What a person may have written for this step alone; one that is absent counts when it appears."""
    templates: Callable[[Model], tuple[str, ...]] = lambda _: ()
    """The names of the templates that are rendered for a model."""
    uses_pool: bool = False
    plan: str = ""
    """`module:function` that plans what the function publishes, for many at once: `(layout, model_types)`."""
    modules: tuple[str, ...] = ()
    """Modules of ours that decide the output although the function's module does not import them."""
    verdict: Callable[[Path], str | None] = lambda _: None
    """What the first output says is wrong, if that makes the step a failure."""
    arguments: tuple[str, ...] = ()
    """What tells apart steps that call the same function."""
    warm: tuple[str, ...] = (WARM,)
    """What the pool imports before it forks, if this step is the first to use it."""

    @property
    def entry_modules(self) -> tuple[str, ...]:
        return (self.function.split(":")[0], *self.modules)

    def load(self) -> Callable[..., Any]:
        return _load(self.function)

    def load_plan(self) -> Callable[..., Any]:
        return _load(self.plan)


def _load(function: str) -> Callable[..., Any]:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)


def _failures(verdict: Path) -> str | None:
    from generator.graph.verdicts import read

    return read(verdict).trouble


DERIVE = Step(
    name="specs",
    doc="derive the specs again from the docs and the installed transformers",
    function="generator.derivation:derive",
    tools=("transformers",),
    writes=(Layout.model_spec,),
)

DERIVE_ALL = Step(
    name="specs",
    doc=DERIVE.doc,
    function="generator.sweep:derive_all",
    tools=DERIVE.tools,
    writes=DERIVE.writes,
)

# Generated skillsets import these; nothing of the toolchain does.
_RUNTIME = tuple(
    f"skillset_runtime{name}" for name in ("", ".layouts", ".prompts", ".special_inputs", ".vision_inputs")
)

STEPS = (
    Step(
        name="tests",
        doc="render the generated test of each model",
        plan="generator.plan:plan_tests",
        function="generator.plan:publish_test",
        tools=_WRITERS,
        settings=("ruff",),
        writes=(Layout.test,),
        templates=lambda model: model.test_templates,
    ),
    Step(
        name="reference",
        doc="run the test on the reference: expectations and requirements",
        function="generator.validation.run:observe",
        modules=(_PLUGIN,),
        tools=_RUNNERS,
        reads=(Layout.test,),
        writes=(Layout.expectations, Layout.requirements),
        uses_pool=True,
    ),
    Step(
        name="generate",
        doc="generate the skillset of each model",
        plan="generator.plan:plan_skillsets",
        function="generator.plan:publish_skillset",
        tools=_WRITERS,
        settings=("ruff",),
        reads=(Layout.requirements,),
        overlays=(Layout.code_overlay,),
        writes=(Layout.skillset,),
        templates=lambda model: model.skillset_templates,
    ),
    Step(
        name="validate",
        doc="run the test on the skillset, judged against the expectations (the default)",
        function="generator.validation.run:validate",
        tools=_RUNNERS,
        modules=(_PLUGIN, *_RUNTIME),
        reads=(Layout.test, Layout.expectations, Layout.requirements, Layout.skillset),
        writes=(Layout.verdict,),
        uses_pool=True,
        verdict=_failures,
    ),
)

MATRIX = Step(
    name="matrix",
    doc="run the tests on every target in every precision (hours); matrix:bert, matrix:onnx:int8, …",
    function="generator.validation.cell:run",
    tools=(*_RUNNERS, *_ENGINES),
    modules=(_PLUGIN, *_RUNTIME),
    reads=(Layout.test, Layout.expectations, Layout.skillset),
    writes=(),
    uses_pool=True,
    warm=(WARM, _WARM_EXPORTERS),
)

VACUITY = Step(
    name="vacuity",
    doc="see whether the generated tests notice mistakes made on purpose (hours); vacuity:bert",
    function="generator.vacuity.run:run",
    tools=(*_RUNNERS, "libcst"),
    modules=(_PLUGIN, *_RUNTIME),
    reads=(Layout.test, Layout.expectations, Layout.skillset),
    writes=(Layout.vacuity,),
    uses_pool=True,
)


def new_pool(layout: Layout, workers: int, warm: tuple[str, ...]) -> Any:
    """What runs the models of this checkout, with these modules imported."""
    from generator.execution.pool import Pool  # only a run that runs a model needs it

    return Pool(layout.cache / "pool", preload=warm, workers=workers)
