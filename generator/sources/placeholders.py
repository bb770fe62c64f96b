"""The tokens that stand for an image, audio or video in a prompt, read from the processor's constructor."""

from __future__ import annotations

import ast
from typing import Any

from generator.sources.classes import Classes, constructor, parameter_defaults
from generator.sources.evaluate import Call, evaluate
from generator.sources.merge import Fact
from generator.sources.modules import ClassSource
from generator.specs.schema import Modality

_ATTRIBUTES = {
    Modality.IMAGE: "image_token",
    Modality.AUDIO: "audio_token",
    Modality.VIDEO: "video_token",
}


def placeholders(classes: Classes, processor: ClassSource) -> dict[Modality, Fact]:
    """Modality → the token that the constructor sets by default; none where only a checkpoint knows it."""
    for owner in classes.ancestors(processor):
        function = constructor(owner)
        if function is not None:
            names = {**classes.package.data(owner.path), **parameter_defaults(function)}
            return _tokens(owner, function, names)
    return {}


def _tokens(owner: ClassSource, function: ast.FunctionDef, names: dict[str, Any]) -> dict[Modality, Fact]:
    found: dict[Modality, Fact] = {}
    for modality, attribute in _ATTRIBUTES.items():
        token = next(filter(None, (_token(value, names) for value in _assigned(function, attribute))), None)
        if token:
            found[modality] = Fact(token, f"{owner.origin}.{attribute}")
    return found


def _assigned(function: ast.FunctionDef, attribute: str) -> list[ast.expr]:
    """What a constructor assigns to `self.<attribute>`, under conditions too."""
    return [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and ast.unparse(target) == f"self.{attribute}"
    ]


def _token(node: ast.expr, names: dict[str, Any]) -> str | None:
    """The text of a token that is a string, or an `AddedToken("<image>", …)` with or without `.content`."""
    if isinstance(node, ast.Attribute) and node.attr == "content":
        return _token(node.value, names)
    value = evaluate(node, names)
    if isinstance(value, Call) and value.function == "AddedToken":
        value = next(iter(value.arguments), None)
    return value if isinstance(value, str) and value else None
