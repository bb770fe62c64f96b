"""From a spec, its requirements and the tasks to the flat, sorted context that a template sees."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True)
class FileSubject:
    """What a whole file is about; its kind is `skillsets` or `tests`."""

    spec: ModelSpec
    layout: Layout
    kind: str
    required: Collection[str] | None = None

    @property
    def template(self) -> str:
        return naming.family_template(self.kind, self.spec.family)

    @property
    def path(self) -> str:
        """The file, below the root."""
        path_of = self.layout.skillset if self.kind == "skillsets" else self.layout.test
        return self.shown(path_of(self.spec.model_type))

    @property
    def tasks(self) -> list[str]:
        return served(self.spec, self.required)

    def shown(self, path: Path) -> str:
        return path.relative_to(self.layout.root).as_posix()


@dataclass(frozen=True)
class TaskSubject:
    """What a fragment is about: one task of a model type, and the way of serving it."""

    spec: ModelSpec
    task: Task
    binding: TaskBinding
    head: Head

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return [_parameter(name, spec) for name, spec in _parameters(self.task, self.head).items()]


def file_context(subject: FileSubject) -> dict[str, Any]:
    """What a whole file shows of its model type; the code of each of its tasks is added to it."""
    return {name: value(subject) for name, value in FILE_VALUES.items()}


def task_context(spec: ModelSpec, task: Task) -> dict[str, Any]:
    """What a fragment shows of one task of a model type."""
    subject = TaskSubject(spec, task, spec.tasks[task.name], head_of(task, spec))
    return {name: value(subject) for name, value in TASK_VALUES.items()}


def _names_of(task: str) -> dict[str, str]:
    """What a task is called in Python."""
    return {
        "function": naming.identifier(task),
        "requests_name": f"{naming.identifier(task).upper()}_REQUESTS",
        "handler_class": naming.handler_class(task),
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


def _overlay_path(file: FileSubject) -> str | None:
    overlay = file.layout.overlay(file.spec.model_type)
    return file.shown(overlay) if overlay.exists() else None


def _code_overlay_path(file: FileSubject) -> str | None:
    overlay = file.layout.code_overlay(file.spec.model_type)
    return file.shown(overlay) if file.kind == "skillsets" and overlay.is_file() else None


def _processor_class(spec: ModelSpec, head: Head) -> str | None:
    kind = _processor_kind(spec, head)
    return _AUTO_CLASS[kind] if kind else None


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


# A function for each value, so that what a value is made from can be told by calling it alone.

FILE_VALUES: Mapping[str, Callable[[FileSubject], Any]] = {
    "title": lambda file: file.spec.title,
    "model_type": lambda file: file.spec.model_type,
    "checkpoint": lambda file: file.spec.checkpoint,
    "skillset_class": lambda file: naming.skillset_name(file.spec.model_type),
    "template": lambda file: file.template,
    "path": lambda file: file.path,
    "spec_path": lambda file: file.shown(file.layout.model_spec(file.spec.model_type)),
    "overlay_path": lambda file: _overlay_path(file),
    "code_overlay_path": lambda file: _code_overlay_path(file),
    "unsupported": lambda file: dict(sorted(file.spec.unsupported.items())),
    "default_task": lambda file: file.tasks[0],
    "tasks": lambda file: [{"name": name, **_names_of(name)} for name in file.tasks],
}

TASK_VALUES: Mapping[str, Callable[[TaskSubject], Any]] = {
    "task": lambda at: at.task.name,
    "doc": lambda at: at.task.doc,
    "function": lambda at: _names_of(at.task.name)["function"],
    "requests_name": lambda at: _names_of(at.task.name)["requests_name"],
    "handler_class": lambda at: _names_of(at.task.name)["handler_class"],
    "model_class": lambda at: at.binding.model_class,
    "reference_class": lambda at: at.binding.auto_class or at.binding.model_class,
    "processor_class": lambda at: _processor_class(at.spec, at.head),
    "processor_options": lambda at: _processor_options(at.spec, at.head),
    "parameters": lambda at: at.parameters,
    "own_parameters": lambda at: [each for each in at.parameters if each["name"] != _SEED],
    "seed": lambda at: next((each for each in at.parameters if each["name"] == _SEED), None),
    "results": lambda at: [{"name": name, "doc": result.doc} for name, result in at.task.result.items()],
    "one_by_one": lambda at: _one_by_one(at.spec, at.binding) or at.head.one_by_one,
    "unmasked": lambda at: _unmasked(at.binding),
    "pictured": lambda at: not _IMAGES.isdisjoint(at.binding.inputs),
    "sees": lambda at: Modality.IMAGE in at.task.inputs or Modality.AUDIO not in at.task.inputs,
    "hears": lambda at: Modality.AUDIO in at.task.inputs,
    "raw_audio": lambda at: "input_values" in at.binding.inputs,
    "one_image": lambda at: at.spec.images == "one",
    "frames": lambda at: at.spec.frames,
    "kinds_of_tokens": lambda at: "mm_token_type_ids" in at.binding.inputs,
    "inputs": lambda at: sorted(at.binding.inputs),
    "outputs": lambda at: sorted(at.binding.outputs),
    "placeholders": lambda at: {kind.value: at.spec.placeholders.get(kind, "") for kind in Modality},
}
