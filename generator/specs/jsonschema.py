"""JSON Schemas of the specs, for editors: schema.py as `specs/schemas/*.schema.json`."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from generator.specs.schema import Aliases, Family, Hardware, ModelSpec, Overlay, PrecisionSpec, Task

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """The text of each schema by its file's name."""
    kinds: dict[str, type[BaseModel]] = {
        "aliases": Aliases,
        "family": Family,
        "hardware": Hardware,
        "model": ModelSpec,
        "precision": PrecisionSpec,
        "task": Task,
    }
    found = {kind: model.model_json_schema() for kind, model in kinds.items()}
    found["overlay"] = _overlay_schema()
    return {f"{kind}.schema.json": _text(schema) for kind, schema in sorted(found.items())}


def first_line(kind: str) -> str:
    """The line that names a YAML file's schema, so that editors complete and check it."""
    return f"# yaml-language-server: $schema=../schemas/{kind}.schema.json"


def _overlay_schema() -> dict[str, Any]:
    """The schema of overlays, where `set` is a model's spec of which any part may be left out."""
    schema, model = Overlay.model_json_schema(), ModelSpec.model_json_schema()
    definitions = {**model.pop("$defs"), "ModelSpec": model}
    schema["$defs"] |= {name: _partial(definition) for name, definition in definitions.items()}
    entry = schema["$defs"]["OverlayEntry"]
    entry["properties"]["set"] = {"$ref": "#/$defs/ModelSpec", "minProperties": 1}
    return schema


def _partial(schema: dict[str, Any]) -> dict[str, Any]:
    """The same mapping with every key optional, and null, which removes the key, allowed."""
    if "properties" not in schema:
        return schema
    optional = {key: {"anyOf": [value, {"type": "null"}]} for key, value in schema["properties"].items()}
    kept = {key: value for key, value in schema.items() if key != "required"}
    return {**kept, "properties": optional}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps({"$schema": _DIALECT, **schema}, indent=2, ensure_ascii=False) + "\n"
