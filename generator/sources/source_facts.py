"""The facts of a spec that the installed transformers gives, and the rules that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from generator.errors import Problem, ProblemsFound, did_you_mean
from generator.sources.backends import required_libraries
from generator.sources.evaluate import known
from generator.sources.heads import Match, family_of, matches
from generator.sources.mappings import CONFIGURATION, MODELING
from generator.sources.merge import RULE, SOURCE, Fact, Underivable
from generator.sources.modules import ClassSource
from generator.sources.placeholders import placeholders
from generator.sources.source import ConfigClass, ModelClass, Processor, Transformers
from generator.specs.schema import (
    Family,
    ProcessorClass,
    ProcessorKind,
    Task,
    TaskBinding,
)

# Config values with which padding changes the answer: normalisation over the whole length of the input.
_MIXES_PADDING = {"feat_extract_norm": "group"}
# Inputs of varying length; without an attention mask beside them, padding is read as content.
_SEQUENCES = ("input_ids", "input_values")


def source_facts(
    transformers: Transformers,
    model_type: str,
    tasks: Mapping[str, Task],
    families: Mapping[str, Family],
    where: str,
) -> dict[str, Fact]:
    """Dotted path → fact; raises `ProblemsFound` at `where` for a type that the source cannot describe."""
    config = transformers.config(model_type)
    if config is None:
        raise _unknown(transformers, model_type, where)
    found = matches(transformers, model_type, tasks)
    family = family_of(found, families)
    if family is None:
        heads = ", ".join(transformers.heads(model_type)) or "none"
        message = f'no task of specs/tasks/ has a head that fits model type "{model_type}"'
        reason = "no task of specs/tasks/ has a head that fits"
        raise Underivable(Problem(where, None, message, f"its auto classes: {heads}"), reason)
    default = next(task for task in family[0].tasks if task in found)
    return {
        **_identity(transformers, model_type, config),
        "family": Fact(family[0].name, f"{RULE}{family[1]}"),
        "default_task": Fact(default, f"{RULE}first task of the family that it has"),
        **_processors(transformers, model_type),
        **{path: fact for match in found.values() for path, fact in _binding(match).items()},
        **_heads(transformers, model_type),
        **_behaviour(transformers, model_type, config, found[default].model),
        **_requires(transformers, model_type, found.values()),
        **_placeholders(transformers, model_type),
    }


def _unknown(transformers: Transformers, model_type: str, where: str) -> ProblemsFound:
    listed = transformers.mappings.configs.get(model_type)
    if listed is not None:
        message = f'transformers lists "{model_type}", but its source has no class {listed}'
        return Underivable(Problem(where, None, message, None), "its config class is not in the source")
    hint = did_you_mean(model_type, transformers.mappings.configs)
    return ProblemsFound([Problem(where, None, f'transformers has no model type "{model_type}"', hint)])


def _identity(transformers: Transformers, model_type: str, config: ConfigClass) -> dict[str, Fact]:
    listed = f"{SOURCE}{CONFIGURATION}:CONFIG_MAPPING_NAMES"
    title = config.source.name.removesuffix("Config")
    facts = {
        "model_type": Fact(model_type, listed),
        "title": Fact(title, f"{RULE}config class without its suffix"),
        "package": Fact(transformers.package_name(model_type), config.origin),
        "config_class": Fact(config.source.name, listed),
    }
    if config.checkpoint:
        facts["checkpoint"] = Fact(config.checkpoint, config.origin)
    return facts


def _processors(transformers: Transformers, model_type: str) -> dict[str, Fact]:
    return {
        f"processors.{processor.kind}": Fact(_processor_classes(processor), processor.origin)
        for processor in transformers.processors(model_type)
    }


def _processor_classes(processor: Processor) -> tuple[ProcessorClass, ...]:
    return tuple(
        ProcessorClass(kind=processor.kind, class_name=name, backend=backend)
        for backend, name in processor.classes.items()
    )


def _binding(match: Match) -> dict[str, Fact]:
    path, model = f"tasks.{match.task}", match.model
    binding = TaskBinding(
        auto_class=match.head.auto_class,
        model_class=model.name,
        template=match.head.template,
        inputs={},
    )
    rule = f"{RULE}first head of specs/tasks/{match.task}.yaml that fits"
    facts = {path: Fact(binding, match.origin), f"{path}.template": Fact(match.head.template, rule)}
    if model.forward:
        facts[f"{path}.inputs"] = Fact(model.inputs, model.forward.origin)
    if model.output:
        outputs = {field.name: field.annotation for field in model.output_fields}
        facts[f"{path}.outputs"] = Fact(outputs, model.output.origin)
    return facts


def _heads(transformers: Transformers, model_type: str) -> dict[str, Fact]:
    heads = transformers.heads(model_type)
    return {"heads": Fact(heads, f"{SOURCE}{MODELING}")} if heads else {}


def _behaviour(
    transformers: Transformers, model_type: str, config: ConfigClass, model: ModelClass
) -> dict[str, Fact]:
    """Generation, attention and batching, as the class of the default task has them."""
    facts = {
        "generates": Fact(model.generates, model.source.origin),
        "attention": Fact(model.attention, model.attention_origin),
    }
    if config.submodels:
        facts["submodels"] = Fact(config.submodels, config.origin)
    if reason := _padding_reason(config, model) or _sizes_reason(transformers, model_type):
        facts["batching"] = Fact("single", reason)
    return facts


def _padding_reason(config: ConfigClass, model: ModelClass) -> str | None:
    """Why a padded batch answers otherwise than its items one by one, or None where it does not."""
    for name, value in _MIXES_PADDING.items():
        if known(config.default(name)) and config.default(name) == value:
            return f"{config.origin}.{name}"
    if "pixel_mask" in model.inputs:
        # Images of different sizes are padded to one, which changes what a convolution sees at the edge.
        return f"{model.source.origin}.forward"
    for name in _SEQUENCES:
        if name in model.inputs and "attention_mask" not in model.inputs:
            return f"{model.source.origin}.forward"
    return None


def _requires(transformers: Transformers, model_type: str, found: Iterable[Match]) -> dict[str, Fact]:
    libraries = required_libraries(transformers, model_type, [match.model for match in found])
    return {"requires": libraries} if libraries else {}


def _sizes_reason(transformers: Transformers, model_type: str) -> str | None:
    """Where it is said that images keep a size or shape of their own, so that they do not stack."""
    processors = {processor.kind: processor.classes for processor in transformers.processors(model_type)}
    if ProcessorKind.PROCESSOR in processors:  # a composed one arranges for batches itself
        return None
    for name in processors.get(ProcessorKind.IMAGE_PROCESSOR, {}).values():
        source = transformers.image_processor_class(model_type, name)
        if source is not None:
            return None if _gives_one_size(transformers, source) else source.origin
    return None


def _gives_one_size(transformers: Transformers, source: ClassSource) -> bool:
    def value(name: str) -> object:
        attribute = transformers.classes.attribute(source, name)
        return attribute.value if attribute and known(attribute.value) else None

    def is_area(size: object) -> bool:
        return isinstance(size, dict) and {"height", "width"} <= size.keys()

    resized = value("do_resize") is True and is_area(value("size")) and not value("keep_aspect_ratio")
    cropped = value("do_center_crop") is True and value("crop_size") is not None
    padded = value("do_pad") is True and is_area(value("pad_size"))
    return resized or cropped or padded


def _placeholders(transformers: Transformers, model_type: str) -> dict[str, Fact]:
    source = transformers.composed_processor(model_type)
    found = placeholders(transformers.classes, source) if source else {}
    return {f"placeholders.{modality}": fact for modality, fact in found.items()}
