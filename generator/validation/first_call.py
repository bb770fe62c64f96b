"""The first call of a model: what it was given and what it gave, to be asked of another model too."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from skillset_runtime.accuracy import Accuracy, Meter


class FirstCall:
    """Listens to a torch module until it is called for the first time."""

    def __init__(self, model: Any):
        self._given: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self._outputs: dict[str, Any] = {}
        self._hooks = [
            model.register_forward_pre_hook(self._before, with_kwargs=True, prepend=True),
            model.register_forward_hook(self._after, always_call=False),
        ]

    def accuracy(self, model: Any) -> Accuracy:
        """How far the outputs are off those of a float32 model for the same call, if there was one."""
        import torch
        from torch.utils._pytree import tree_map

        meter = Meter()
        if self._given is not None and self._outputs:
            args, kwargs = tree_map(_widened, self._given)  # such as an encoder's outputs, in its precision
            with torch.inference_mode():
                expected = floats_of(model(*args, **kwargs))
            for path in expected.keys() & self._outputs.keys():
                _compare(meter, path, expected[path], self._outputs[path])
        return meter.accuracy()

    def _before(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._given is None:
            self._given = copy.deepcopy((args, kwargs))  # a call may change a cache that it is given

    def _after(self, module: Any, args: Any, output: Any) -> None:
        self._outputs = floats_of(output)
        for hook in self._hooks:
            hook.remove()


def _widened(leaf: Any) -> Any:
    return leaf.float() if hasattr(leaf, "is_floating_point") and leaf.is_floating_point() else leaf


def floats_of(output: Any) -> dict[str, Any]:
    """The floating tensors of what a model returned, by path; without caches, which no answer is read off."""
    from transformers.exporters.utils import get_leaf_tensors

    parts = output if isinstance(output, Mapping) else {"output": output}
    found = get_leaf_tensors({name: value for name, value in parts.items() if "past" not in name})
    return {path: tensor.float() for path, tensor in found.items() if tensor.is_floating_point()}


def _compare(meter: Meter, path: str, expected: Any, actual: Any) -> None:
    if expected.shape != actual.shape:
        meter.another_form(path, f"expected shape {tuple(expected.shape)}, got {tuple(actual.shape)}")
        return
    pairs = zip(expected.flatten().tolist(), actual.flatten().tolist(), strict=True)
    meter.floats(((path, one, other) for one, other in pairs), path)
