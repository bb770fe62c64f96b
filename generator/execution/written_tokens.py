"""The special tokens that a processor's code speaks of, so that the tiny tokenizer has them."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

# How special tokens are usually written: <image>, <|image|>, </s>, |NEWLINE|.
_TEXT = re.compile(r"<\|?/?\w+\|?>|\|[A-Z_]+\|")
_ATTRIBUTE = re.compile(r"(?!add_)(\w+)_token(_id)?")


@dataclass(frozen=True)
class WrittenTokens:
    """`roles`: read as `tokenizer.<role>_token`; `texts`: written out as string literals. Both sorted."""

    roles: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@cache
def written_tokens(processor_class: type | None) -> WrittenTokens:
    """What the methods of a processor class, not of its bases, read from its tokenizer or look up in it."""
    if processor_class is None:
        return WrittenTokens()
    nodes = list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(processor_class)))))
    roles = {match[1] for name in _read_from_tokenizer(nodes) if (match := _ATTRIBUTE.fullmatch(name))}
    texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return WrittenTokens(tuple(sorted(roles)), tuple(sorted(filter(_TEXT.fullmatch, texts))))


def _read_from_tokenizer(nodes: list[ast.AST]) -> Iterator[str]:
    """The attributes of `tokenizer` or `self.tokenizer` that code reads, directly or through `getattr`."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and _is_tokenizer(node.value):
            yield node.attr
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"getattr", "hasattr"}:
            owner, name = node.args[:2]
            if _is_tokenizer(owner) and isinstance(name, ast.Constant):
                yield name.value


def _is_tokenizer(node: ast.AST) -> bool:
    return ast.unparse(node) in {"tokenizer", "self.tokenizer"}
