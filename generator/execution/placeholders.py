"""As many placeholders in a prompt as the model has features for: both sides are asked."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from generator.execution import tiny_rules as rules
from generator.execution.facts import TinyError
from skillset_runtime.samples import Image

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def fit(processor: Any, model: PreTrainedModel, sign: str | None) -> Any:
    """A processor that writes as many image placeholders as the model makes features for the image.

    Both are asked with a sample picture. Processors that take no number of tokens must agree. `sign` is what
    stands for an image in a prompt, where the processor makes it into other placeholders.
    """
    if not {"image_processor", "tokenizer"} <= vars(processor).keys():
        return processor
    token = str(getattr(processor, "image_token", ""))
    if not token or _image_features_of(model) is None:
        return processor
    processor = _told(processor, model)
    batch = _sample(processor, token if sign is None else sign)
    _forget_padding(processor.tokenizer)
    features = _features(model, batch)
    if features is None:
        return processor
    missing = features - _written(batch, processor, model, token)
    if missing and not hasattr(processor, "num_additional_image_tokens"):
        raise TinyError(
            f"{type(processor).__name__} writes {-missing:+d} image placeholders against the features of "
            f"{type(model).__name__}; make them agree with tiny.config or tiny.processor in an overlay"
        )
    if missing:
        processor.num_additional_image_tokens += missing
    return processor


def _sample(processor: Any, sign: str) -> Any:
    """What the processor makes of a picture, and of a text about it unless it takes either alone."""
    if hasattr(processor, "process_images"):
        return processor.process_images(Image("disc").make())
    return processor(images=Image("disc").make(), text=f"{sign} What is it?", return_tensors="pt")


def _forget_padding(tokenizer: Any) -> None:
    """A fast tokenizer keeps how it padded last, saves it, and gives it to the other parts when loaded."""
    if tokenizer.is_fast:
        tokenizer.backend_tokenizer.no_padding()
        tokenizer.backend_tokenizer.no_truncation()


def _written(batch: Any, processor: Any, model: PreTrainedModel, token: str) -> int:
    """How many placeholders a prompt has; where they are another token than the config says, it is told."""
    named = processor.tokenizer.convert_tokens_to_ids(token)
    field = next((name for name in rules.IMAGE_TOKEN_FIELDS if getattr(model.config, name, None)), None)
    ids = batch["input_ids"]
    if field is None:
        return int((ids == named).sum())
    own = getattr(processor, "image_token_id", named)
    if getattr(model.config, field) not in ids and own in ids:
        setattr(model.config, field, own)
    return int((ids == getattr(model.config, field)).sum())


def _told(processor: Any, model: PreTrainedModel) -> Any:
    """The processor, or its image processor, told how many features a tile has, where it can be told."""
    parameters = inspect.signature(type(processor).__init__).parameters
    counter = next((name for name in rules.IMAGE_COUNTERS if name in parameters), None)
    if counter is not None and getattr(processor, counter) != parameters[counter].default:
        return processor  # an overlay has said it
    if counter is not None:
        return _remade(processor, **{counter: _tile_features(processor, model)})
    counter = next((name for name in rules.IMAGE_COUNTERS if name in vars(processor.image_processor)), None)
    if counter is not None and not vars(processor).keys().isdisjoint(rules.IMAGE_COUNTERS):
        setattr(processor.image_processor, counter, _tile_features(processor, model))
        return _remade(processor)
    return processor


def _remade(processor: Any, **changed: Any) -> Any:
    """A processor of the same parts and arguments, but for those that changed."""
    parameters = inspect.signature(type(processor).__init__).parameters
    kept = {
        name: getattr(processor, name) for name in parameters if name != "self" and hasattr(processor, name)
    }
    return type(processor)(**{**kept, **changed})


def _tile_features(processor: Any, model: PreTrainedModel) -> int:
    """How many features a tile of an image has; most images are one tile."""
    batch = processor.image_processor(Image("disc").make(), return_tensors="pt")
    *tiles, _, _, _ = batch["pixel_values"].shape
    return _features(model, batch) // math.prod(tiles)


def _image_features_of(model: PreTrainedModel) -> Callable[..., Any] | None:
    """The base model's method, whose signature says what it takes where the head's passes on keywords."""
    owners = (model.base_model, model)
    return next((owner.get_image_features for owner in owners if hasattr(owner, "get_image_features")), None)


def _as_floats_of(model: PreTrainedModel, value: Any) -> Any:
    """Some processors give half precision, whatever the model computes in."""
    is_float = hasattr(value, "is_floating_point") and value.is_floating_point()
    return value.to(model.dtype) if is_float else value


def _features(model: PreTrainedModel, batch: Any) -> int | None:
    """The number of image features that the model puts in place of placeholders, where it has one list."""
    import torch

    get_features = _image_features_of(model)
    accepted = inspect.signature(get_features).parameters
    with torch.no_grad():
        output = get_features(**{k: _as_floats_of(model, v) for k, v in batch.items() if k in accepted})
    features = getattr(output, "pooler_output", output)
    if features is None:
        return None
    if isinstance(features, torch.Tensor):
        return features.numel() // features.shape[-1]
    width = getattr(output, "last_hidden_state", features[0]).shape[-1]
    return sum(part.numel() // _width(part, width) for part in features)


def _width(part: Any, width: int) -> int:
    """How wide the features of an image are, in lists (…, features) or as a map (features, height, width)."""
    is_map = part.ndim == 3 and part.shape[0] == width != part.shape[-1]
    return part.shape[0] if is_map else part.shape[-1]
