"""Precisions of models that torch runs: the float that a device is fastest in, and weights as integers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from skillset_runtime import casting, devices
from skillset_runtime.errors import SkillsetError

_GROUP = 32
"""Weights that share a scale in int4; the fewest that torchao, NNCF and their kernels take."""
_CPU_ROWS = 16
"""The int4 kernel of the processor packs so many rows at once."""
_SIDE = 768
_TRIES = 5
_AS_FAST = 1.2


@cache
def fastest(torch: Any, device: str, precisions: Sequence[str]) -> str:
    """The float precision in which a torch device multiplies matrices fastest, of some, the preferred first.

    Measured rather than looked up: a CPU that runs bfloat16 may do it in float32's units or in its own. One
    that is nearly as fast as the fastest and comes before it is preferred.
    """
    floats = [name for name in precisions if getattr(torch, name, torch.int8).is_floating_point]
    seconds = {name: _seconds(torch, device, getattr(torch, name)) for name in floats}
    limit = min(seconds.values()) * _AS_FAST
    return next(name for name in floats if seconds[name] <= limit)


def _seconds(torch: Any, device: str, dtype: Any) -> float:
    """How long a matrix product takes at best; without end where there is none."""
    try:
        matrix = torch.ones((_SIDE, _SIDE), dtype=dtype, device=device)
        times = []
        for _ in range(_TRIES):
            start = time.perf_counter()
            (matrix @ matrix)[0, 0].item()  # waits for the device
            times.append(time.perf_counter() - start)
    except (RuntimeError, TypeError):
        return float("inf")
    return min(times)


def apply(torch: Any, model: Any, name: str, device: str) -> Any:
    """The model on a torch device with its linear layers' weights in int8 or int4, changed in place.

    In int8 activations are rounded too, each row with a scale of its own, as it comes; in int4 they stay
    floats. See `_quantizable` for what stays as it is. Raises `SkillsetError` where torchao is absent, and
    where nothing of the model would change.
    """
    _straighten(torch, model)
    chosen = dict(_quantizable(torch, model, name, device))
    if not chosen:
        raise SkillsetError(f"the model has no linear layer that can be {name}; choose another precision")
    quantize, config = _torchao(name, device)
    if name == "int4" and device != "cpu":
        model.to(torch.bfloat16)  # the only float that GPUs' int4 kernels multiply with
    devices.move(torch, model, device)
    quantize(model, config, lambda module, path: path in chosen)
    casting.follow_weights(torch, model)
    return model


def _straighten(torch: Any, model: Any) -> None:
    """Make GPT-2's kind of linear layer, whose weight is stored transposed, one of torch's."""
    from transformers.pytorch_utils import Conv1D

    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if type(layer) is Conv1D:
                linear = torch.nn.Linear(*layer.weight.shape, device="meta")
                linear.weight = torch.nn.Parameter(layer.weight.detach().T.contiguous())
                linear.bias = layer.bias
                setattr(parent, name, linear)


def _torchao(name: str, device: str) -> tuple[Callable[..., Any], Any]:
    """torchao's `quantize_`, and how it is to quantize."""
    try:
        from torchao.quantization import quantize_

        return quantize_, _config(name, device)
    except ImportError as error:
        raise SkillsetError(f"{name} needs torchao ({error}): pip install -U torchao") from error


def _config(name: str, device: str) -> Any:
    from torchao import quantization

    if name == "int8":
        return quantization.Int8DynamicActivationInt8WeightConfig(set_inductor_config=False)
    if device != "cpu":
        return quantization.Int4WeightOnlyConfig(
            group_size=_GROUP, int4_packing_format="tile_packed_to_4d", set_inductor_config=False
        )
    from torchao.prototype.quantization.int4 import PrototypeInt4WeightOnlyConfig

    return PrototypeInt4WeightOnlyConfig(group_size=_GROUP, set_inductor_config=False)


def _quantizable(torch: Any, model: Any, name: str, device: str) -> Iterator[tuple[str, Any]]:
    """The linear layers whose weights may become integers, by path.

    Not those that another module shares, which would then be there twice; not the output embeddings, whose
    rounding turns tokens; not what transformers keeps in float32 for its class; not subclasses, whose
    weights others may read; and in int4 only whole groups.
    """
    uses = Counter(id(module.weight) for module in model.modules() if hasattr(module, "weight"))
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    kept = {*(getattr(model, "_keep_in_fp32_modules", None) or ())}
    kept |= {*(getattr(model, "_keep_in_fp32_modules_strict", None) or ())}
    rows = _CPU_ROWS if device == "cpu" else 1
    for path, module in model.named_modules():
        if type(module) is not torch.nn.Linear or module is head or uses[id(module.weight)] > 1:
            continue
        if kept.intersection(path.split(".")):
            continue
        if name == "int8" or not (module.in_features % _GROUP or module.out_features % rows):
            yield path, module
