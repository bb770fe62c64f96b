"""Where a name of the host's convention stands in a Python module, and the module with another in its place.

Types are not known here. A method is what a class defines, and what is asked of `self` or of what is called a
handler or a skillset; `init_<host>` and the like say by themselves whose they are, whoever is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

_PLACEHOLDER = re.compile(r"<[a-z]+>")
OWN = ("self", "cls", "handler", "skillset")
"""What objects of the convention are called."""


@dataclass(frozen=True)
class Rename:
    """A name and the one to put in its place; `<host>` and `<task>` stand for every host name and task."""

    old: str
    new: str
    names: Mapping[str, str]
    """Every name that it stands for → the new one."""
    is_key: bool = False
    """Whether it is a key of `resources` and not a method."""

    @property
    def is_pattern(self) -> bool:
        return _PLACEHOLDER.search(self.old) is not None

    @property
    def pieces(self) -> list[tuple[str, str]]:
        """The texts around the placeholders, old and new."""
        return list(zip(_PLACEHOLDER.split(self.old), _PLACEHOLDER.split(self.new), strict=True))

    def in_prose(self, text: str) -> str:
        """Comments, docs and messages; a plain word there may mean something else, so it stays."""
        if not self.is_pattern:
            return text
        words = re.sub(
            r"(?<![\w<>])[A-Za-z_]\w*(?![\w<>])", lambda word: self.names.get(word[0], word[0]), text
        )
        return words.replace(self.old, self.new)


def renamed(module: cst.Module, rename: Rename, *, defines_keys: bool = False) -> str:
    """A module's text with the new name; `defines_keys` for the module that says which keys there are."""
    change = _Keys(rename, defines_keys) if rename.is_key else _Methods(rename)
    return module.visit(change).code


class _Methods(cst.CSTTransformer):
    """Methods: what classes define, attributes, f-strings that build the name, and prose."""

    def __init__(self, rename: Rename):
        super().__init__()
        self._rename = rename

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        if not isinstance(updated_node.body, cst.IndentedBlock):
            return updated_node
        body = [self._member(node) for node in updated_node.body.body]
        return updated_node.with_changes(body=updated_node.body.with_changes(body=body))

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        if not self._rename.is_pattern and not _is_own(updated_node.value):
            return updated_node
        return updated_node.with_changes(attr=self._name(updated_node.attr))

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.FormattedString:
        texts = _texts(updated_node.parts)
        old = [old for old, _ in self._rename.pieces]
        if not self._rename.is_pattern or texts != old:
            return updated_node
        holes = [part for part in updated_node.parts if isinstance(part, cst.FormattedStringExpression)]
        return updated_node.with_changes(parts=_interleaved([new for _, new in self._rename.pieces], holes))

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        return updated_node.with_changes(value=self._rename.in_prose(updated_node.value))

    def leave_Comment(self, original_node: cst.Comment, updated_node: cst.Comment) -> cst.Comment:
        return updated_node.with_changes(value=self._rename.in_prose(updated_node.value))

    def _name(self, node: cst.Name) -> cst.Name:
        return node.with_changes(value=self._rename.names.get(node.value, node.value))

    def _member(self, node: cst.BaseStatement) -> cst.BaseStatement:
        if isinstance(node, cst.FunctionDef):
            return node.with_changes(name=self._name(node.name))
        if isinstance(node, cst.SimpleStatementLine):
            return node.with_changes(body=[self._assigned(part) for part in node.body])
        return node

    def _assigned(self, part: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
        if isinstance(part, cst.AnnAssign) and isinstance(part.target, cst.Name):
            return part.with_changes(target=self._name(part.target))
        if isinstance(part, cst.Assign) and isinstance(part.targets[0].target, cst.Name):
            first = part.targets[0].with_changes(target=self._name(part.targets[0].target))
            return part.with_changes(targets=[first, *part.targets[1:]])
        return part


class _Keys(cst.CSTTransformer):
    """Keys of `resources`: what it is asked for, what it is made from, and where the keys are defined."""

    def __init__(self, rename: Rename, defines: bool):
        super().__init__()
        self._rename, self._defines = rename, defines

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.Subscript:
        if _last_name(updated_node.value).lstrip("_") != "resources" or len(updated_node.slice) != 1:
            return updated_node
        element = updated_node.slice[0]
        if not isinstance(element.slice, cst.Index):
            return updated_node
        index = element.slice.with_changes(value=self._key(element.slice.value))
        return updated_node.with_changes(slice=[element.with_changes(slice=index)])

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        name = _last_name(updated_node.func)
        takes = name == "Resources" or name.startswith("hf_")
        return updated_node.with_changes(
            args=[
                argument.with_changes(value=self._keys_of(argument.value))
                if (takes and place == 0) or (argument.keyword and argument.keyword.value == "resources")
                else argument
                for place, argument in enumerate(updated_node.args)
            ]
        )

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        if not self._defines:
            return updated_node
        return updated_node.with_changes(value=self._keys_of(self._key(updated_node.value)))

    def leave_Comment(self, original_node: cst.Comment, updated_node: cst.Comment) -> cst.Comment:
        return updated_node.with_changes(value=self._in_prose(updated_node.value))

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        return updated_node.with_changes(value=self._in_prose(updated_node.value))

    def _in_prose(self, text: str) -> str:
        return text.replace(f'resources["{self._rename.old}"]', f'resources["{self._rename.new}"]')

    def _key(self, node: cst.BaseExpression) -> cst.BaseExpression:
        if isinstance(node, cst.SimpleString) and node.evaluated_value == self._rename.old:
            return node.with_changes(value=f'"{self._rename.new}"')
        return node

    def _keys_of(self, node: cst.BaseExpression) -> cst.BaseExpression:
        if not isinstance(node, cst.Dict):
            return node
        elements = [
            element.with_changes(key=self._key(element.key))
            if isinstance(element, cst.DictElement)
            else element
            for element in node.elements
        ]
        return node.with_changes(elements=elements)


def _is_own(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Call):
        return _last_name(node.func) == "super"
    return _last_name(node).lstrip("_") in OWN


def _last_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _texts(parts: Sequence[cst.BaseFormattedStringContent]) -> list[str]:
    """The texts around the holes of an f-string, empty ones too."""
    texts = [""]
    for part in parts:
        if isinstance(part, cst.FormattedStringText):
            texts[-1] += part.value
        else:
            texts.append("")
    return texts


def _interleaved(
    texts: Sequence[str], holes: Sequence[cst.FormattedStringExpression]
) -> list[cst.BaseFormattedStringContent]:
    found: list[cst.BaseFormattedStringContent] = []
    for text, hole in zip(texts, [*holes, None], strict=True):
        found += [cst.FormattedStringText(text)] if text else []
        found += [hole] if hole is not None else []
    return found
