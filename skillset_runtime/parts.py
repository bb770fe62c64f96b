"""The parts of a torch model that may run as programs, and the modules that hold its weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def of(model: Any) -> Iterator[tuple[str, Any]]:
    """The models within a model, and the encoders of them all, by their paths."""
    from transformers import PreTrainedModel

    models = [module for module in model.modules() if isinstance(module, PreTrainedModel)]
    encoders = [each.get_encoder() for each in models if hasattr(each, "get_encoder")]
    for path, module in model.named_modules():
        if any(module is each for each in (*models, *encoders)):
            yield path, module


def is_looked_into(part: Any) -> bool:
    """Whether the model around a part collects what layers within give: it would see none of a program's."""
    from transformers import PreTrainedModel
    from transformers.utils.output_capturing import _active_collector

    return not isinstance(part, PreTrainedModel) and bool(_active_collector.get())


def leaves(model: Any) -> Iterator[tuple[str, Any]]:
    """The modules with weights of their own and no modules within, by their paths."""
    for path, module in model.named_modules():
        if not any(True for _ in module.children()) and any(True for _ in module.parameters()):
            yield path, module


def is_within(path: str, parts: set[str]) -> bool:
    """Whether a module is one of these parts, or within one; the model itself is ''."""
    return any(part in ("", path) or path.startswith(f"{part}.") for part in parts)


def empty(model: Any, spare: set[Any]) -> None:
    """Give the weights of these modules back, but for those that other modules have, too."""
    others = (module for module in model.modules() if module not in spare)
    needed = {id(each) for module in others for each in module.parameters(recurse=False)}
    for parameter in {each for module in spare for each in module.parameters()}:
        if id(parameter) not in needed:
            parameter.data = parameter.data.new_empty(0)
