"""Loading a checkpoint, from a folder or the Hugging Face Hub, into a model and its processor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skillset_runtime.errors import SkillsetError


def load_model(transformers: Any, class_name: str, checkpoint: str, device: Any, dtype: Any) -> Any:
    """The model of a checkpoint, in evaluation mode, on `device`, its weights as `dtype`."""
    model = _from_pretrained(transformers, class_name, checkpoint, {"dtype": dtype})
    return model.to(device).eval()


def load_processor(transformers: Any, class_name: str, checkpoint: str, options: Mapping[str, Any]) -> Any:
    """The tokenizer, image processor, feature extractor or composed processor of a checkpoint."""
    processor = _from_pretrained(transformers, class_name, checkpoint, options)
    tokenizer = getattr(processor, "tokenizer", processor)
    if getattr(tokenizer, "pad_token", "") is None:
        # Decoders are often trained without padding; any token will do where the mask hides it.
        tokenizer.pad_token = tokenizer.eos_token
    return processor


def share_padding(model: Any, processor: Any) -> None:
    """Tell a model that was trained without padding which token its processor pads with."""
    pad_token_id = getattr(getattr(processor, "tokenizer", processor), "pad_token_id", None)
    if pad_token_id is not None and getattr(model.config, "pad_token_id", None) is None:
        model.config.pad_token_id = pad_token_id


def _from_pretrained(transformers: Any, class_name: str, checkpoint: str, options: Mapping[str, Any]) -> Any:
    found = getattr(transformers, class_name, None)
    if found is None:
        raise SkillsetError(
            f"transformers {transformers.__version__} has no {class_name}; "
            "install a version that has it, or regenerate the skillset for this version"
        )
    try:
        return found.from_pretrained(checkpoint, **options)
    except (OSError, ValueError, ImportError) as error:
        raise SkillsetError(
            f"{class_name} cannot load {checkpoint!r}: {error}; "
            "give a checkpoint folder, or a Hub name that can be reached from here"
        ) from error
