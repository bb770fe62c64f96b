"""The branches of templates, and which of them are taken while they render."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from generator.review.probes import ProbedRenderer, call

_OUTSIDE = ("data", "block_begin", "block_end")
_TAGS = ("if", "elif", "for", "macro", "block")
WHOLE = "the whole template"


@dataclass(frozen=True, eq=False)
class Branch:
    """A branch by its template and what its tag says: `if unmasked`, `else of: if unmasked`.

    Of several that say the same in one template, all but the first have a number: `if unmasked (2)`.
    """

    template: str
    name: str
    line: int
    within: Branch | None


class BranchRenderer(ProbedRenderer):
    """Renders, and notes for each branch of its folders what was being rendered when it was first taken."""

    def __init__(self, folder: Path, within: Collection[str]):
        super().__init__(folder)
        self._within = within
        self.branches: list[Branch] = []
        self.taken: dict[Branch, str] = {}
        self.subject = ""

    def add_probes(self, tree: nodes.Template, name: str) -> None:
        """Put a probe at the start of each branch."""
        if name.split("/")[0] not in self._within:
            return
        source, _, _ = self._environment.loader.get_source(self._environment, name)
        _Prober(name, source, self._tags(source), self.branches).visit(tree)

    def probed(self, number: int, *values: Any) -> Any:
        """Note that a branch is taken; the value of an expression is handed on."""
        self.taken.setdefault(self.branches[number], self.subject)
        return values[0] if values else None

    def _tags(self, source: str) -> Iterator[str]:
        """What each tag that has branches says, in order."""
        tokens = self._environment.lex(source)
        for _, group in groupby(tokens, lambda token: token[1] in _OUTSIDE):
            text = " ".join("".join(value for _, _, value in group).split())
            if text.split(" ")[0] in _TAGS:
                yield text


class _Prober(NodeTransformer):
    """Goes through a syntax tree in the order of the source, so that each node meets its own tag."""

    def __init__(self, template: str, source: str, tags: Iterator[str], branches: list[Branch]):
        self._template, self._lines, self._tags = template, source.split("\n"), tags
        self._branches = branches
        self._around: Branch | None = None
        self._names: Counter[str] = Counter()

    def visit_Template(self, node: nodes.Template) -> nodes.Template:
        node.body = self._arm(WHOLE, 1, node.body)
        return node

    def visit_If(self, node: nodes.If) -> nodes.If:
        name = self._tag("if", "elif")
        node.body = self._arm(name, node.lineno, node.body)
        node.elif_ = [self.visit(each) for each in node.elif_]
        if not name.startswith("elif"):
            node.else_ = self._arm(f"else of: {name}", node.lineno, node.else_)
        return node

    def visit_For(self, node: nodes.For) -> nodes.For:
        name = self._tag("for")
        node.iter = self.visit(node.iter)
        node.body = self._arm(name, node.lineno, node.body)
        if node.else_:
            node.else_ = self._arm(f"else of: {name}", node.lineno, node.else_)
        return node

    def visit_Block(self, node: nodes.Block) -> nodes.Block:
        name = self._tag("block")
        if any(not _is_blank(each) for each in node.body):
            node.body = self._arm(name, node.lineno, node.body)
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Macro:
        node.body = self._arm(self._tag("macro"), node.lineno, node.body)
        return node

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.CondExpr:
        name = f"if within: {self._lines[node.lineno - 1].strip()}"
        self.generic_visit(node)
        node.expr1 = call(self._branch(name, node.lineno), node.expr1, line=node.lineno)
        if node.expr2 is not None:
            node.expr2 = call(self._branch(f"else of: {name}", node.lineno), node.expr2, line=node.lineno)
        return node

    def _tag(self, *words: str) -> str:
        tag = next(self._tags)
        assert tag.startswith(words), f"{self._template}: expected {words}, found {tag}"
        return tag

    def _arm(self, name: str, line: int, body: Sequence[nodes.Node]) -> list[nodes.Node]:
        """The nodes of a branch, with a probe before them."""
        number, before = self._branch(name, line), self._around
        self._around = self._branches[number]
        visited = [self.visit(node) for node in body]
        self._around = before
        return [nodes.ExprStmt(call(number, line=line), lineno=line), *visited]

    def _branch(self, name: str, line: int) -> int:
        self._names[name] += 1
        count = self._names[name]
        shown = name if count == 1 else f"{name} ({count})"
        self._branches.append(Branch(self._template, shown, line, self._around))
        return len(self._branches) - 1


def _is_blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Output) and all(
        isinstance(each, nodes.TemplateData) and not each.data.strip() for each in node.nodes
    )
