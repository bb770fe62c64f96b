"""Plain data → YAML that is short, readable and always the same: what fits on a line is on one."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.representer import SafeRepresenter

from generator.validation.values import MARK, TABLE

WIDTH = 100
_INDENT = 2
_TEXT_TAG = "tag:yaml.org,2002:str"
_WRAP = WIDTH - 10
"""PyYAML breaks a line after the word that crosses the width."""


class _Representer(SafeRepresenter):
    """Writes a value out wherever it stands, not by reference, and a text of many lines on one."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = '"' if text and text.splitlines() != [text] else None
        return self.represent_scalar(_TEXT_TAG, text, style=style)


_Representer.add_representer(str, _Representer.represent_text)


class _Dumper(yaml.SafeDumper):
    """Indents the items of a list below its key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def dump(data: dict[str, Any], header: str) -> str:
    """The YAML text of plain data under a comment; mappings keep their order."""
    node = _Representer(sort_keys=False).represent_data(data)
    node.flow_style = False
    _lay_out_items(node, 0)
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    body = yaml.serialize(node, Dumper=_Dumper, width=_WRAP, allow_unicode=True, indent=_INDENT)
    return comment + body


def _lay_out(node: yaml.Node, indent: int, column: int) -> None:
    """Put a node that begins at `column` on one line if it fits, else its items at `indent`."""
    if isinstance(node, yaml.ScalarNode):
        return
    if _is_flat(node) or column + _length(node) <= WIDTH:
        _put_on_one_line(node)
    else:
        node.flow_style = False
        _lay_out_items(node, indent)


def _lay_out_items(node: yaml.CollectionNode, indent: int) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _lay_out(value, indent + _INDENT, indent + len(key.value) + 2)
    else:
        for item in node.value:
            _lay_out(item, indent + _INDENT, indent + _INDENT)


def _is_flat(node: yaml.CollectionNode) -> bool:
    """A list of numbers and the summary of an array are wrapped like text, not written by item."""
    if isinstance(node, yaml.MappingNode):
        return not node.value or _is_summary(node)
    return all(_is_number(item) for item in node.value)


def _is_summary(node: yaml.MappingNode) -> bool:
    """Whether a mapping describes numbers; a table is laid out like any other."""
    key, value = node.value[0]
    return key.value == MARK and value.value != TABLE


def _is_number(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag != _TEXT_TAG


def _put_on_one_line(node: yaml.Node) -> None:
    if isinstance(node, yaml.ScalarNode):
        return
    node.flow_style = True
    for item in node.value:
        _put_on_one_line(item[1] if isinstance(node, yaml.MappingNode) else item)


def _length(node: yaml.Node) -> int:
    """About how long a node is on one line; quotes are allowed for."""
    if isinstance(node, yaml.ScalarNode):
        return len(node.value) + 2 * (not node.value[:1].isalnum())
    if isinstance(node, yaml.MappingNode):
        return sum(4 + _length(key) + _length(value) for key, value in node.value)
    return sum(2 + _length(item) for item in node.value)
