"""A derived spec as YAML text: deterministic, in the order of the schema, defaults left out."""

from __future__ import annotations

from enum import Enum
from typing import Any

import yaml

from generator.specs.schema import ModelSpec

HEADER = "# yaml-language-server: $schema=../schemas/model.schema.json\n"
_WIDTH = 120


class _Inline(dict[str, Any]):
    """A mapping that goes on one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Line breaks that only Unicode knows come back as they were only from double quotes."""
    style = '"' if any(character in text for character in "\x85\u2028\u2029") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _string)
_Dumper.add_representer(
    _Inline,
    lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), True),
)


def dump(spec: ModelSpec) -> str:
    """The text of `specs/models/<model_type>.yaml`; loading it gives an equal spec."""
    data = _plain(spec.model_dump(exclude_defaults=True))
    data["processors"] = [_Inline(item) for item in data.get("processors", ())]
    if not data["processors"]:
        del data["processors"]
    text = yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=False,
    )
    return HEADER + text


def _plain(value: Any) -> Any:
    """YAML's own types only: enums as their values, tuples as lists."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
