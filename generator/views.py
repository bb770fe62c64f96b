"""From a spec, its requirements and the vocabulary to the flat, sorted context that a template sees."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from generator import naming
from generator.naming import Layout
from generator.specs.schema import Family, Head, ModelSpec, ParameterSpec, ProcessorKind, Task, TaskBinding

_AUTO_CLASS = {
    ProcessorKind.TOKENIZER: "AutoTokenizer",
    ProcessorKind.IMAGE_PROCESSOR: "AutoImageProcessor",
    ProcessorKind.FEATURE_EXTRACTOR: "AutoFeatureExtractor",
    ProcessorKind.VIDEO_PROCESSOR: "AutoVideoProcessor",
    ProcessorKind.PROCESSOR: "AutoProcessor",
}
_SEED = "seed"
"""The parameter that the runtime takes for every handler that draws at random."""
_ONE_BY_ONE = "padding a batch would change the answers of this model"


@dataclass(frozen=True)
class Vocabulary:
    """The families, tasks and hardware targets that specs speak of."""

    families: dict[str, Family]
    tasks: dict[str, Task]
    hardware: dict[str, Any]


def served(spec: ModelSpec, required: Collection[str] | None = None) -> list[str]:
    """The tasks to write, the default one first; only those that are required, if that is known."""
    names = [name for name in spec.tasks if required is None or name in required]
    return sorted(names, key=lambda name: (name != spec.default_task, name))


def file_context(spec: ModelSpec, layout: Layout, template: str, path: str) -> dict[str, Any]:
    """What a whole file shows of its model type; the rendered tasks are added to it."""
    overlay = layout.overlay(spec.model_type)
    return {
        "title": spec.title,
        "model_type": spec.model_type,
        "checkpoint": spec.checkpoint,
        "skillset_class": naming.skillset_name(spec.model_type),
        "template": template,
        "path": path,
        "spec_path": layout.model_spec(spec.model_type).relative_to(layout.root).as_posix(),
        "overlay_path": overlay.relative_to(layout.root).as_posix() if overlay.exists() else None,
    }


def task_context(spec: ModelSpec, task: Task) -> dict[str, Any]:
    """What a fragment shows of one task of a model type."""
    binding = spec.tasks[task.name]
    head = head_of(task, binding)
    kind = _processor_kind(spec, head)
    result, described = next(iter(task.result.items()))
    parameters = [_parameter(name, spec) for name, spec in task.parameters.items()]
    return {
        "task": task.name,
        "doc": task.doc,
        "function": naming.identifier(task.name),
        "requests_name": f"{naming.identifier(task.name).upper()}_REQUESTS",
        "handler_class": naming.handler_class(task.name),
        "model_class": binding.model_class,
        "reference_class": binding.auto_class or binding.model_class,
        "processor_class": _AUTO_CLASS[kind] if kind else None,
        "processor_options": dict(sorted(head.processor_options.items())),
        "parameters": parameters,
        "own_parameters": [parameter for parameter in parameters if parameter["name"] != _SEED],
        "seed": next((parameter for parameter in parameters if parameter["name"] == _SEED), None),
        "result": {"name": result, "doc": described.doc},
        "one_by_one": _ONE_BY_ONE if spec.batching == "single" else None,
        "raw_audio": "input_values" in binding.inputs,
        "placeholders": {modality.value: token for modality, token in spec.placeholders.items()},
    }


def head_of(task: Task, binding: TaskBinding) -> Head:
    """The way of serving the task that the binding chose."""
    return next(
        head
        for head in task.heads
        if head.template == binding.template and head.auto_class in (binding.auto_class, None)
    )


def _processor_kind(spec: ModelSpec, head: Head) -> ProcessorKind | None:
    has = {processor.kind for processor in spec.processors}
    return next((kind for kind in head.processors if kind in has), None)


def _parameter(name: str, parameter: ParameterSpec) -> dict[str, Any]:
    return {
        "name": name,
        "type": parameter.type,
        "default": parameter.default,
        "required": parameter.required,
        "optional": parameter.default is None and not parameter.required,
        "doc": parameter.doc,
    }
