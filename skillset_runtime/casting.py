"""Half-precision models take float32 inputs: what reaches weights is cast to them, results are float32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def follow_weights(torch: Any, model: Any) -> None:
    """Cast what reaches a module with weights of its own to these, in a model that has any in half precision.

    Done where the weights are rather than at the model's door: a handler may enter by any of the model's
    parts, and what has no weights, such as the places of points in a picture, keeps its exactness. Some
    modules keep theirs in float32. Whole numbers and masks of truth values stay what they are.
    """
    own = {module: _dtype(module) for module in model.modules()}
    if not {torch.bfloat16, torch.float16}.intersection(own.values()):
        return
    for module, dtype in own.items():
        if dtype is not None:
            module.register_forward_pre_hook(_casting_inputs(torch, dtype), with_kwargs=True)
    model.register_forward_hook(_casting_outputs(torch))


def _dtype(module: Any) -> Any:
    """Of the floats among a module's own weights; None without any."""
    weights = module.parameters(recurse=False)
    return next((weight.dtype for weight in weights if weight.is_floating_point()), None)


def _casting_inputs(torch: Any, dtype: Any) -> Any:
    def cast(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        return _cast(torch, args, dtype), _cast(torch, kwargs, dtype)

    return cast


def _casting_outputs(torch: Any) -> Any:
    def cast(module: Any, args: Any, output: Any) -> Any:
        return _cast(torch, output, torch.float32)

    return cast


def _cast(torch: Any, value: Any, dtype: Any) -> Any:
    """The value with its floating tensors as `dtype`; a cache, which is no plain container, is left alone."""
    if isinstance(value, torch.Tensor):
        return value.to(dtype) if value.is_floating_point() else value
    if isinstance(value, Mapping):
        changed = {key: _cast(torch, each, dtype) for key, each in value.items()}
        return changed if type(value) is dict else type(value)(**changed)
    if isinstance(value, (list, tuple)):
        parts = [_cast(torch, each, dtype) for each in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value
