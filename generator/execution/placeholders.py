"""As many placeholders in a prompt as the model has features for: both sides are asked."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from generator.execution.facts import TinyError
from skillset_runtime.samples import Image

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def fit(processor: Any, model: PreTrainedModel) -> None:
    """Makes a processor write as many image placeholders as the model makes features for the image.

    Both are asked with a sample picture. Processors that take no number of additional tokens must agree.
    """
    token = str(getattr(processor, "image_token", ""))
    if not token or not hasattr(model, "get_image_features"):
        return
    token_id = processor.tokenizer.convert_tokens_to_ids(token)
    batch = processor(images=Image("disc").make(), text=token, return_tensors="pt")
    missing = _features(model, batch) - int((batch["input_ids"] == token_id).sum())
    if missing and not hasattr(processor, "num_additional_image_tokens"):
        raise TinyError(
            f"{type(processor).__name__} writes {-missing:+d} image placeholders against the features of "
            f"{type(model).__name__}; make them agree with tiny.config or tiny.processor in an overlay"
        )
    if missing:
        processor.num_additional_image_tokens += missing


def _features(model: PreTrainedModel, batch: Any) -> int:
    """The number of image features that the model puts in place of placeholders."""
    import torch

    accepted = inspect.signature(model.get_image_features).parameters
    with torch.no_grad():
        output = model.get_image_features(**{k: v for k, v in batch.items() if k in accepted})
    features = getattr(output, "pooler_output", output)
    if isinstance(features, torch.Tensor):
        return features.numel() // features.shape[-1]
    return sum(part.numel() // part.shape[-1] for part in features)
