"""Which tasks a model type serves, and with which class: `specs/tasks/` held against the source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator.sources.source import ModelClass, Transformers
from generator.specs.schema import Condition, Family, Head, ProcessorKind, Task


@dataclass(frozen=True)
class Match:
    """The head that serves a task, the class that it found, and where it found it."""

    task: str
    head: Head
    model: ModelClass
    origin: str


def matches(transformers: Transformers, model_type: str, tasks: Mapping[str, Task]) -> dict[str, Match]:
    """Task → the first of its heads that fits the type, for every task that has one, sorted by task."""
    kinds = {processor.kind for processor in transformers.processors(model_type)}
    found = (_first(transformers, model_type, tasks[name], kinds) for name in sorted(tasks))
    return {match.task: match for match in found if match is not None}


def _first(
    transformers: Transformers, model_type: str, task: Task, kinds: set[ProcessorKind]
) -> Match | None:
    for head in task.heads:
        model, origin = _model(transformers, model_type, head)
        if model is None or not _has_processor(head, kinds):
            continue
        if _holds(transformers, model_type, model, head.when):
            return Match(task.name, head, model, origin)
    return None


def _model(transformers: Transformers, model_type: str, head: Head) -> tuple[ModelClass | None, str]:
    """The class that the head's auto mapping has for the type, or the type's class that ends as it says."""
    mapping = transformers.auto_mapping(head.mapping) if head.mapping else None
    if mapping is not None and model_type in mapping.classes:
        return transformers.model(model_type, mapping.classes[model_type][0]), mapping.origin
    if head.class_suffix is None:
        return None, ""
    model = transformers.model_ending(model_type, head.class_suffix)
    return model, model.source.origin if model else ""


def _has_processor(head: Head, kinds: set[ProcessorKind]) -> bool:
    return not head.processors or not kinds.isdisjoint(head.processors)


def _holds(transformers: Transformers, model_type: str, model: ModelClass, condition: Condition) -> bool:
    returned = {field.name for field in model.output_fields}
    return (
        all(name in model.inputs for name in condition.takes)
        and not any(name in model.inputs for name in condition.lacks)
        and returned.issuperset(condition.returns)
        and all(transformers.classes.has_method(model.source, name) for name in condition.methods)
        and _processor_holds(transformers, model_type, condition)
        and _tokenizer_holds(transformers, model_type, condition)
        and transformers.heads(model_type).keys() >= set(condition.heads)
        and transformers.heads(model_type).keys().isdisjoint(condition.lacks_heads)
    )


def _processor_holds(transformers: Transformers, model_type: str, condition: Condition) -> bool:
    """Whether the type's composed processor has the methods, and takes the arguments, of a condition."""
    if not (condition.processor_methods or condition.processor_takes or condition.processor_lacks):
        return True
    source = transformers.composed_processor(model_type)
    if source is None:
        return False
    call = transformers.classes.method(source, "__call__")
    has = (transformers.classes.has_method(source, name) for name in condition.processor_methods)
    taken = set(call.parameters if call else ())
    fits = taken.issuperset(condition.processor_takes) and taken.isdisjoint(condition.processor_lacks)
    return all(has) and fits


def _tokenizer_holds(transformers: Transformers, model_type: str, condition: Condition) -> bool:
    """Whether the type's tokenizer is, or is not, in plain Python, where a condition asks for either."""
    if condition.plain_tokenizer is None:
        return True
    source = transformers.tokenizer_class(model_type)
    plain = source is not None and transformers.classes.inherits(source, "PreTrainedTokenizer")
    return plain is condition.plain_tokenizer


def family_of(tasks: Iterable[str], families: Mapping[str, Family]) -> tuple[Family, str] | None:
    """The family of a type with these tasks, and the rule that says so.

    In the order of ranks, the first family whose leading task the type has; else the first that shares any.
    Nearly every text model has plain features, so that a shared task alone says little about a model.
    """
    having = set(tasks)
    ranked = sorted(families.values(), key=lambda family: family.rank)
    leading = next((family for family in ranked if family.tasks[0] in having), None)
    if leading is not None:
        return leading, f"first family whose leading task it has: {leading.tasks[0]}"
    sharing = next((family for family in ranked if having & set(family.tasks)), None)
    return (sharing, "first family that shares a task") if sharing else None
