"""From a spec, its requirements and the tasks to the flat, sorted context that a template sees."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from generator import naming
from generator.naming import Layout
from generator.specs.schema import (
    Head,
    Modality,
    ModelSpec,
    ParameterSpec,
    ProcessorKind,
    Task,
    TaskBinding,
)

_AUTO_CLASS = {
    ProcessorKind.TOKENIZER: "AutoTokenizer",
    ProcessorKind.IMAGE_PROCESSOR: "AutoImageProcessor",
    ProcessorKind.FEATURE_EXTRACTOR: "AutoFeatureExtractor",
    ProcessorKind.VIDEO_PROCESSOR: "AutoVideoProcessor",
    ProcessorKind.PROCESSOR: "AutoProcessor",
}
_SEED = "seed"
"""The parameter that the runtime takes for every handler that draws at random."""
_IMAGES = frozenset({"pixel_values", "image"})
_NO_MASK = "the model takes no mask that would hide padding"
_ONE_BY_ONE = "padding a batch would change the answers of this model"


def served(spec: ModelSpec, required: Collection[str] | None = None) -> list[str]:
    """The tasks to write, the default one first; only those that are required, if that is known."""
    names = [
        name for name in spec.tasks if name not in spec.withheld and (required is None or name in required)
    ]
    return sorted(names, key=lambda name: (name != spec.default_task, name))


def file_context(spec: ModelSpec, layout: Layout, template: str, path: str) -> dict[str, Any]:
    """What a whole file shows of its model type; the rendered tasks are added to it."""
    overlay, code_overlay = layout.overlay(spec.model_type), layout.code_overlay(spec.model_type)
    return {
        "title": spec.title,
        "model_type": spec.model_type,
        "checkpoint": spec.checkpoint,
        "skillset_class": naming.skillset_name(spec.model_type),
        "template": template,
        "path": path,
        "spec_path": layout.model_spec(spec.model_type).relative_to(layout.root).as_posix(),
        "unsupported": dict(sorted(spec.unsupported.items())),
        "overlay_path": overlay.relative_to(layout.root).as_posix() if overlay.exists() else None,
        "code_overlay_path": code_overlay.relative_to(layout.root).as_posix()
        if code_overlay.exists()
        else None,
    }


def task_context(spec: ModelSpec, task: Task) -> dict[str, Any]:
    """What a fragment shows of one task of a model type."""
    binding = spec.tasks[task.name]
    head = head_of(task, spec)
    kind = _processor_kind(spec, head)
    parameters = [_parameter(name, spec) for name, spec in _parameters(task, head).items()]
    return {
        "task": task.name,
        "doc": task.doc,
        "function": naming.identifier(task.name),
        "requests_name": f"{naming.identifier(task.name).upper()}_REQUESTS",
        "handler_class": naming.handler_class(task.name),
        "model_class": binding.model_class,
        "reference_class": binding.auto_class or binding.model_class,
        "processor_class": _AUTO_CLASS[kind] if kind else None,
        "processor_options": _processor_options(spec, head),
        "parameters": parameters,
        "own_parameters": [parameter for parameter in parameters if parameter["name"] != _SEED],
        "seed": next((parameter for parameter in parameters if parameter["name"] == _SEED), None),
        "results": [{"name": name, "doc": result.doc} for name, result in task.result.items()],
        "one_by_one": _one_by_one(spec, binding) or head.one_by_one,
        "unmasked": _unmasked(binding),
        "pictured": not _IMAGES.isdisjoint(binding.inputs),
        "sees": Modality.IMAGE in task.inputs or Modality.AUDIO not in task.inputs,
        "hears": Modality.AUDIO in task.inputs,
        "raw_audio": "input_values" in binding.inputs,
        "one_image": spec.images == "one",
        "frames": spec.frames,
        "kinds_of_tokens": "mm_token_type_ids" in binding.inputs,
        "inputs": sorted(binding.inputs),
        "outputs": sorted(binding.outputs),
        "placeholders": {modality.value: spec.placeholders.get(modality, "") for modality in Modality},
    }


def head_of(task: Task, spec: ModelSpec) -> Head:
    """The way of serving the task that the spec's binding chose."""
    binding = spec.tasks[task.name]
    fitting = [
        head
        for head in task.heads
        if head.template == binding.template
        and (binding.auto_class is None or head.auto_class in (binding.auto_class, None))
    ]
    return next((head for head in fitting if _fits(head, spec, binding)), fitting[0])


def _fits(head: Head, spec: ModelSpec, binding: TaskBinding) -> bool:
    """Whether the processor and the inputs are those of a head; several may share a template."""
    takes = binding.inputs.keys()
    inputs = set(head.when.takes) <= takes and takes.isdisjoint(head.when.lacks)
    return inputs and (not head.processors or _processor_kind(spec, head) is not None)


def _processor_kind(spec: ModelSpec, head: Head) -> ProcessorKind | None:
    has = {processor.kind for processor in spec.processors}
    return next((kind for kind in head.processors if kind in has), None)


def _processor_options(spec: ModelSpec, head: Head) -> dict[str, Any]:
    """The keywords of the head; a type that needs torchvision has processors without a PIL back end.

    A video processor refuses to load with it, and so does whatever holds one.
    """
    left_out = {"backend"} if "torchvision" in spec.requires else set()
    return {name: value for name, value in sorted(head.processor_options.items()) if name not in left_out}


def _parameters(task: Task, head: Head) -> dict[str, ParameterSpec]:
    """The parameters of the task that this way of serving it takes."""
    names = task.parameters if head.parameters is None else head.parameters
    return {name: task.parameters[name] for name in names}


def _one_by_one(spec: ModelSpec, binding: TaskBinding) -> str | None:
    """Why a batch is not run at once, if it is not."""
    if _unmasked(binding):
        return _NO_MASK
    return _ONE_BY_ONE if (binding.batching or spec.batching) == "single" else None


def _unmasked(binding: TaskBinding) -> bool:
    """Whether texts go to a model that has no way to leave out padding."""
    return "input_ids" in binding.inputs and "attention_mask" not in binding.inputs


def _parameter(name: str, parameter: ParameterSpec) -> dict[str, Any]:
    return {
        "name": name,
        "type": parameter.type,
        "default": parameter.default,
        "required": parameter.required,
        "optional": parameter.default is None and not parameter.required,
        "doc": parameter.doc,
    }
