"""What differs between a spec as committed and as derived now, in the words of a release note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator.specs.schema import ModelSpec, ProcessorClass, TaskBinding

_TOLD_APART = {"config_class", "heads", "package", "processors", "provenance", "requires", "tasks"}


@dataclass(frozen=True)
class Changes:
    """Lines for a person: what moved, what is called or answers otherwise, and which other facts changed."""

    moved: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.moved or self.signature or self.facts)


def changes(before: ModelSpec, after: ModelSpec) -> Changes:
    """What changed from one spec of a type to the next; where a fact stands in its source is no change."""
    names = (name for name in ModelSpec.model_fields if name not in _TOLD_APART)
    facts = tuple(name for name in names if getattr(before, name) != getattr(after, name))
    return Changes(tuple(_moved(before, after)), tuple(_signature(before, after)), facts)


def _moved(before: ModelSpec, after: ModelSpec) -> Iterator[str]:
    for name in ("package", "config_class"):
        yield from _renamed(name.replace("_", " "), getattr(before, name), getattr(after, name))
    for task in before.tasks.keys() & after.tasks.keys():
        for name in ("model_class", "auto_class"):
            old, new = (getattr(spec.tasks[task], name) for spec in (before, after))
            yield from _renamed(f"{name.replace('_', ' ')} of {task}", old, new)


def _renamed(what: str, old: str | None, new: str | None) -> Iterator[str]:
    if old != new:
        yield f"{what}: {old or 'none'} → {new or 'none'}"


def _signature(before: ModelSpec, after: ModelSpec) -> Iterator[str]:
    yield from _differences("tasks", dict.fromkeys(before.tasks), dict.fromkeys(after.tasks))
    for task in sorted(before.tasks.keys() & after.tasks.keys()):
        yield from _binding(task, before.tasks[task], after.tasks[task])
    yield from _differences("heads", before.heads, after.heads)
    yield from _differences("processors", _processors(before), _processors(after))
    yield from _differences("requires", dict.fromkeys(before.requires), dict.fromkeys(after.requires))


def _binding(task: str, before: TaskBinding, after: TaskBinding) -> Iterator[str]:
    yield from _differences(f"{task} takes", before.inputs, after.inputs)
    yield from _differences(f"{task} returns", before.outputs, after.outputs)
    yield from _renamed(f"template of {task}", before.template, after.template)


def _processors(spec: ModelSpec) -> dict[str, str]:
    return {_slot(item): item.class_name for item in spec.processors}


def _slot(item: ProcessorClass) -> str:
    return f"{item.kind}/{item.backend}" if item.backend else item.kind.value


def _differences(what: str, old: Mapping[str, str | None], new: Mapping[str, str | None]) -> Iterator[str]:
    """`fill-mask takes: +token_type_ids, -labels, input_ids (Tensor → LongTensor)`, or nothing."""
    parts = [f"+{name}" for name in new if name not in old]
    parts += [f"-{name}" for name in old if name not in new]
    parts += [f"{k} ({old[k]} → {new[k]})" for k in new if k in old and old[k] != new[k]]
    if parts:
        yield f"{what}: {', '.join(parts)}"
