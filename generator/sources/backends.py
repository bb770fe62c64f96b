"""The libraries beyond our own that a model type cannot do without, as its classes declare them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from generator.sources.classes import Classes, base_names, constructor
from generator.sources.evaluate import evaluate
from generator.sources.merge import SOURCE, Fact
from generator.sources.modules import ClassSource
from generator.sources.source import ModelClass, Processor, Transformers
from generator.specs.schema import ProcessorKind

# transformers' names for what an installation of this project always has.
_ALWAYS = frozenset(
    {"audio", "jinja", "protobuf", "pydantic", "rich", "scipy", "sentencepiece", "soundfile", "speech",
     "tokenizers", "torch", "vision"}
)  # fmt: skip
_MODULES = {
    ProcessorKind.TOKENIZER: "tokenization_",
    ProcessorKind.IMAGE_PROCESSOR: "image_processing_",
    ProcessorKind.FEATURE_EXTRACTOR: "feature_extraction_",
    ProcessorKind.VIDEO_PROCESSOR: "video_processing_",
    ProcessorKind.PROCESSOR: "processing_",
}


def required_libraries(
    transformers: Transformers, model_type: str, models: Iterable[ModelClass]
) -> Fact | None:
    """The libraries, sorted, that its models and its processors declare; None where there is none.

    Of an image processor with several back ends, the one that needs least counts: that of PIL.
    """
    classes = [*_processors(transformers, model_type), *_of_modules(transformers, models)]
    found = {name: source for source in classes for name in _declared(transformers.classes, source)}
    names = tuple(sorted(found.keys() - _ALWAYS))
    origins = dict.fromkeys(found[name].origin.removeprefix(SOURCE) for name in names)
    return Fact(names, f"{SOURCE}{', '.join(origins)}") if names else None


def _processors(transformers: Transformers, model_type: str) -> Iterator[ClassSource]:
    by_kind = {processor.kind: processor for processor in transformers.processors(model_type)}
    for kind in _used(transformers, model_type, by_kind):
        name = by_kind[kind].classes.get("pil") or next(iter(by_kind[kind].classes.values()))
        source = transformers.processor_class(model_type, name, _MODULES[kind])
        if source is not None:
            yield source


def _used(
    transformers: Transformers, model_type: str, by_kind: dict[ProcessorKind, Processor]
) -> list[ProcessorKind]:
    """A processor that holds others brings those alone; without it, frames go through an image processor."""
    kinds = list(by_kind)
    if ProcessorKind.PROCESSOR in by_kind:
        name = next(iter(by_kind[ProcessorKind.PROCESSOR].classes.values()))
        source = transformers.processor_class(model_type, name)
        held = transformers.classes.method(source, "__init__") if source else None
        parameters = held.parameters if held else {}
        return [kind for kind in kinds if kind is ProcessorKind.PROCESSOR or kind.value in parameters]
    if ProcessorKind.IMAGE_PROCESSOR in by_kind:
        return [kind for kind in kinds if kind is not ProcessorKind.VIDEO_PROCESSOR]
    return kinds


def _of_modules(transformers: Transformers, models: Iterable[ModelClass]) -> Iterator[ClassSource]:
    """A head builds the other models of its module, so that what any of them needs, it needs."""
    for path in dict.fromkeys(model.source.path for model in models):
        module = transformers.package.module(path)
        for source in module.classes.values() if module else ():
            if any(name.endswith("PreTrainedModel") for name in base_names(source)):
                yield source


def _declared(classes: Classes, source: ClassSource) -> Iterator[str]:
    """`@requires(backends=…)` on a class, and the `requires_backends(self, …)` of its constructor."""
    for owner in classes.ancestors(source):
        for decorator in owner.node.decorator_list:
            yield from _names(decorator, "requires", "backends", None)
        function = constructor(owner)
        for statement in function.body if function else ():
            if isinstance(statement, ast.Expr):
                yield from _names(statement.value, "requires_backends", "backends", 1)


def _names(node: ast.expr, function: str, keyword: str, position: int | None) -> Iterator[str]:
    """The names that a call of a function is given, by keyword or in a position."""
    if not (isinstance(node, ast.Call) and ast.unparse(node.func) == function):
        return
    given = [item.value for item in node.keywords if item.arg == keyword]
    if position is not None:
        given += node.args[position : position + 1]
    for argument in given:
        value = evaluate(argument)
        names = (value,) if isinstance(value, str) else value if isinstance(value, tuple | list) else ()
        yield from (name for name in names if isinstance(name, str))
