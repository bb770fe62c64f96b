"""What turns inputs into tensors for a tiny model: its own classes, at the sizes of its config."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from generator.execution import tiny_rules as rules
from generator.execution import tokenizer as tokenizers
from generator.execution.facts import TinyError, Vocabulary, facts, text_positions, token_roles
from generator.execution.written_tokens import written_tokens
from generator.specs.schema import Modality, ProcessorKind

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase, ProcessorMixin

    from generator.specs.schema import ModelSpec

# `<<image>>` and `<<audio>>` stand for their tokens; a turn is one line, and the answer follows the last.
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] | upper + ': ' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}{{ '<<image>>\\n' }}"
    "{% elif part['type'] == 'audio' %}{{ '<<audio>>' }}"
    "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}{{ '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


def tokenizer(spec: ModelSpec) -> PreTrainedTokenizerBase | None:
    """The trained tokenizer of a model type, or None where it reads no text."""
    name = _class_name(spec, ProcessorKind.TOKENIZER) or _unnamed_tokenizer(spec)
    if name is None:
        return None
    written = written_tokens(_processor_class(spec))
    roles = dict.fromkeys((*token_roles(facts(spec)), *written.roles))
    tokens = {role: _token_text(spec, role) for role in roles}
    positions = min(text_positions(facts(spec)), default=tokenizers.MAXIMUM_LENGTH)
    given = {**input_names(spec), **spec.tiny.processor.get("tokenizer", {})}
    trained = tokenizers.build(name, tokens, given, written.texts, positions)
    if fills_masks(spec) and trained.mask_token is None:
        trained.add_special_tokens({"mask_token": "<mask>"})
    return trained


def fills_masks(spec: ModelSpec) -> bool:
    """Whether a checkpoint's tokenizer has a mask token, whatever general class it is of."""
    return "fill-mask" in spec.tasks


def input_names(spec: ModelSpec) -> dict[str, list[str]]:
    """What a checkpoint's tokenizer gives, where no class of the type knows of parts of a text."""
    if any("token_type_ids" in binding.inputs for binding in spec.tasks.values()):
        return {}
    return {"model_input_names": ["input_ids", "attention_mask"]}


def _processor_class(spec: ModelSpec) -> type[ProcessorMixin] | None:
    import transformers

    name = _class_name(spec, ProcessorKind.PROCESSOR)
    return None if name is None else getattr(transformers, name)


def _unnamed_tokenizer(spec: ModelSpec) -> str | None:
    """The general class, for a processor that holds a tokenizer of no class of its own."""
    import transformers

    name = _class_name(spec, ProcessorKind.PROCESSOR)
    holds = name and "tokenizer" in getattr(transformers, name).get_attributes()
    return "TokenizersBackend" if holds else None


def _class_name(spec: ModelSpec, kind: ProcessorKind) -> str | None:
    return next((p.class_name for p in spec.processors if p.kind is kind), None)


def _token_text(spec: ModelSpec, role: str) -> str:
    """The text of a role's token: the overlay's, the spec's placeholder, or the role in angle brackets."""
    placeholders = {modality.value: text for modality, text in spec.placeholders.items()}
    return placeholders.get(role) or f"<{role}>"


def vocabulary(trained: PreTrainedTokenizerBase | None) -> Vocabulary:
    """What a config needs to know of a tokenizer."""
    if trained is None:
        return Vocabulary()
    roles = {**_roles(trained, rules.STAND_INS), **_roles(trained, _named(trained))}
    return Vocabulary(len(trained), roles, trained.get_vocab())


def _named(trained: PreTrainedTokenizerBase) -> Iterator[str]:
    return (name.removesuffix("_token") for name in trained.SPECIAL_TOKENS_ATTRIBUTES)


def _roles(trained: PreTrainedTokenizerBase, names: Any) -> dict[str, int]:
    ids = {name: getattr(trained, f"{name}_token_id", None) for name in names}
    return {name: value for name, value in ids.items() if value is not None}


def codec_class(spec: ModelSpec) -> str | None:
    """The class of the model of sound that the composed processor holds, where it holds one."""
    return getattr(_processor_class(spec), "audio_tokenizer_class", None)


def processors(
    spec: ModelSpec,
    config: PreTrainedConfig,
    trained: PreTrainedTokenizerBase | None,
    codec: PreTrainedModel | None = None,
) -> tuple[Any, ...]:
    """The objects to save beside the model: the processor that holds the others, or each by itself.

    `codec` is the model of sound that the processor holds, loaded from where it will be found again.
    """
    make = {
        ProcessorKind.TOKENIZER: lambda: trained,
        ProcessorKind.IMAGE_PROCESSOR: lambda: _pixels_processor(spec, config, ProcessorKind.IMAGE_PROCESSOR),
        ProcessorKind.VIDEO_PROCESSOR: lambda: _pixels_processor(spec, config, ProcessorKind.VIDEO_PROCESSOR),
        ProcessorKind.FEATURE_EXTRACTOR: lambda: _feature_extractor(spec, config),
    }
    name = _class_name(spec, ProcessorKind.PROCESSOR)
    if name is not None:
        return (_composed(spec, name, config, make, codec),)
    if _class_name(spec, ProcessorKind.IMAGE_PROCESSOR):  # which also takes the frames of videos
        del make[ProcessorKind.VIDEO_PROCESSOR]
    return tuple(part for made in make.values() if (part := made()) is not None)


def _pixels_processor(spec: ModelSpec, config: PreTrainedConfig, kind: ProcessorKind) -> Any:
    """What turns images or videos into pixels of the size that the model takes."""
    name = _class_name(spec, kind)
    if name is None:
        return None
    image_class = _image_class(name, spec)
    size = _first(config, "image_size") or rules.FREE_IMAGE_SIZE
    size = size if isinstance(size, int) else size[0]
    edges = {key: _scaled(value, size) for key in rules.EDGES
             if (value := getattr(image_class, key, None))}  # fmt: skip
    shared = {key: value for key in rules.SHARED_WITH_IMAGE_PROCESSOR
              if hasattr(image_class, key) and (value := _first(config, key)) is not None}  # fmt: skip
    return image_class(**{**edges, **shared, **spec.tiny.processor.get(kind.value, {})})


def _image_class(name: str, spec: ModelSpec) -> type:
    """The class with the PIL back end, but for types that need torchvision anyway."""
    import transformers

    plain = name.removesuffix("Pil")
    names = (plain, f"{plain}Pil") if "torchvision" in spec.requires else (f"{plain}Pil", plain)
    return next(found for name in names if (found := getattr(transformers, name, None)))


def _scaled(edges: Mapping[str, int] | int, size: int) -> dict[str, int] | int:
    """The shortest edge becomes `size` pixels; the others keep their ratio to it."""
    if isinstance(edges, int):
        return size
    shortest = min(edges.values())
    return {name: round(size * edge / shortest) for name, edge in edges.items()}


def _feature_extractor(spec: ModelSpec, config: PreTrainedConfig) -> Any:
    import transformers

    name = _class_name(spec, ProcessorKind.FEATURE_EXTRACTOR)
    if name is None:
        return None
    extractor_class = getattr(transformers, name)
    parameters = inspect.signature(extractor_class.__init__).parameters
    shared = {key: value for key, field in rules.SHARED_WITH_FEATURE_EXTRACTOR.items()
              if _is_count(parameters, key) and (value := _first(config, field)) is not None}  # fmt: skip
    seconds = {"chunk_length": rules.SPEECH_SECONDS} if "chunk_length" in parameters else {}
    return extractor_class(**{**shared, **seconds, **spec.tiny.processor.get("feature_extractor", {})})


def _is_count(parameters: Mapping[str, inspect.Parameter], name: str) -> bool:
    """Whether a parameter counts something: one feature means raw samples, and stays."""
    return name in parameters and parameters[name].default != 1


def _composed(
    spec: ModelSpec,
    name: str,
    config: PreTrainedConfig,
    make: Mapping[ProcessorKind, Callable[[], Any]],
    codec: PreTrainedModel | None,
) -> ProcessorMixin:
    import transformers

    processor_class = getattr(transformers, name)
    held = {attribute: _part(make, attribute, name) for attribute in processor_class.get_attributes()}
    parameters = inspect.signature(processor_class.__init__).parameters
    shared = {key: value for key, field in rules.SHARED_WITH_PROCESSOR.items()
              if key in parameters and (value := _first(config, field)) is not None}  # fmt: skip
    brought = {} if codec is None else {"audio_tokenizer": codec}
    given = {**shared, **brought, **spec.tiny.processor.get("processor", {})}
    processor = processor_class(**held, **given)
    if "chat_template" in parameters and "chat_template" not in given:
        processor.chat_template = _chat_template(spec, processor)
    return processor


def _part(make: Mapping[ProcessorKind, Callable[[], Any]], attribute: str, owner: str) -> Any:
    attribute = rules.PARTS_OF_COMPOSED.get(attribute, attribute)
    kind = next((kind for kind in make if kind.value in attribute), None)
    part = make[kind]() if kind else None
    if part is None:
        raise TinyError(f"{owner} needs a {attribute}, and the spec names none: add it to processors")
    return part


def _chat_template(spec: ModelSpec, processor: ProcessorMixin) -> str:
    """The template with the tokens of the spec, else those that the processor itself looks for."""
    template = CHAT_TEMPLATE
    for modality in (Modality.IMAGE, Modality.AUDIO):
        own = getattr(processor, f"{modality.value}_token", None)
        token = spec.placeholders.get(modality) or str(own or f"<{modality.value}>")
        template = template.replace(f"<<{modality.value}>>", token)
    return template


def _first(config: PreTrainedConfig, name: str) -> Any:
    """The value of a field in a config or, if it has none, in the first of its parts that has."""
    own = getattr(config, name, None)
    if own is not None:
        return own
    parts = (getattr(config, part, None) for part in sorted(config.sub_configs))
    found = (_first(part, name) for part in parts if part is not None)
    return next((value for value in found if value is not None), None)
