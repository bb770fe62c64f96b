"""Renders with a source for each character: which template and line wrote it, from which values.

Before everything that a template prints, a probe prints a mark: the number of a *piece* between two
characters that no generated text can hold (they cannot be seen, so every filter escapes them). Marks
travel with the text through blocks, includes and the fragments of tasks, and are taken out again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from generator.review.probes import ProbedRenderer, call
from generator.safe_code import Code
from generator.specs.yaml_source import ValuePath

_MARK = re.compile("\ue000([0-9]+)\ue001")


@dataclass(frozen=True)
class Variable:
    """A name that an expression reads, with its attributes: `parameter.name`."""

    name: str
    attributes: ValuePath = ()


class Kind(Enum):
    """What a spot of a template is."""

    TEXT = "text"
    VALUE = "value"
    CONDITION = "condition"


@dataclass(frozen=True, eq=False)
class Spot:
    """A place of a template: plain text, one `{{ … }}`, or the condition of an `{% if … %}`.

    `used` has what it reads itself, and `deciding` what the conditions and loops around it read. `loops` has
    the variables of the loops around it, and what each loop goes over.
    """

    template: str
    line: int
    kind: Kind
    used: tuple[Variable, ...]
    deciding: tuple[Variable, ...]
    loops: Mapping[str, tuple[Variable, ...]]


@dataclass(frozen=True, eq=False)
class Rendering:
    """One template that was rendered, and what it was given."""

    template: str
    context: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Piece:
    """What a spot printed at one time: the paths of the values that it used, and that decided on it.

    A condition prints nothing.
    """

    spot: Spot
    rendering: Rendering
    used: tuple[ValuePath, ...]
    deciding: tuple[ValuePath, ...]


@dataclass(frozen=True)
class Written:
    """Where a character comes from: the piece, and its line in the piece's template."""

    piece: Piece
    line: int


@dataclass(frozen=True)
class TracedText:
    """A rendered text without marks, and the pieces that it is made of, in order."""

    text: str
    starts: tuple[int, ...]
    pieces: tuple[Piece, ...]
    around: Mapping[Rendering, Piece]
    """The piece that printed a whole rendering, for each but the outermost."""

    @cached_property
    def asked(self) -> Mapping[tuple[Rendering, str, int], Sequence[Piece]]:
        """The conditions on a line of a template, whether they held or not."""
        found: dict[tuple[Rendering, str, int], list[Piece]] = {}
        for piece in self.pieces:
            if piece.spot.kind is Kind.CONDITION:
                found.setdefault((piece.rendering, piece.spot.template, piece.spot.line), []).append(piece)
        return found

    def written(self, offset: int) -> Written:
        """Where the character at an offset comes from."""
        index = bisect_right(self.starts, offset) - 1
        piece = self.pieces[index]
        passed = self.text.count("\n", self.starts[index], offset) if piece.spot.kind is Kind.TEXT else 0
        return Written(piece, piece.spot.line + passed)


class TracingRenderer(ProbedRenderer):
    """Renders texts with marks in them, and reads the marks."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self._spots: list[Spot] = []
        self._pieces: list[Piece] = []
        self._rendering: Rendering | None = None
        self._paths: dict[int, ValuePath] = {}

    def render(self, name: str, context: Mapping[str, Any]) -> Code:
        """The text of one template with its marks. Renderings follow each other; none is within another."""
        self._rendering = Rendering(name, context)
        self._paths = {id(value): path for path, value in _containers(context, ())}
        return super().render(name, context)

    def read(self, marked: str) -> TracedText:
        """The text, and where each of its characters comes from."""
        first, *parts = _MARK.split(marked)
        assert not first, "something printed before the first mark"
        texts, pieces = parts[1::2], tuple(self._pieces[int(number)] for number in parts[::2])
        starts = tuple(accumulate(map(len, texts[:-1]), initial=0))
        return TracedText("".join(texts), starts, pieces, _around(pieces))

    def add_probes(self, tree: nodes.Template, name: str) -> None:
        """Put a mark before everything that prints."""
        _Marker(name, self._spots).visit(tree)

    def probed(self, number: int, *values: Any) -> Code:
        """The mark of a spot, for the items that the loops around it have come to."""
        spot = self._spots[number]
        items = {name: self._paths.get(id(value)) for name, value in zip(spot.loops, values, strict=True)}
        used, deciding = (
            tuple(_resolved(variables, spot.loops, items)) for variables in (spot.used, spot.deciding)
        )
        self._pieces.append(Piece(spot, self._rendering, used, deciding))
        return Code(f"\ue000{len(self._pieces) - 1}\ue001")


class _Marker(NodeTransformer):
    """Puts marks into a syntax tree, noting which loops and conditions are around each."""

    def __init__(self, template: str, spots: list[Spot]):
        self._spots = spots
        self._around = Spot(template, 0, Kind.TEXT, (), (), {})

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        node.nodes = [each for child in node.nodes for each in (self._mark(child, _kind(child)), child)]
        return node

    def visit_If(self, node: nodes.If) -> list[nodes.Node]:
        """Marked too, with nothing to print: a line may be what it is because a condition did not hold."""
        mark = self._mark(node.test, Kind.CONDITION)
        return [nodes.Output([mark], lineno=node.lineno), self._arms(node)]

    def _arms(self, node: nodes.If) -> nodes.If:
        elifs, node.elif_ = node.elif_, []
        self._within(node, replace(self._around, deciding=self._deciding(node.test)))
        node.elif_ = [self._arms(each) for each in elifs]
        return node

    def visit_For(self, node: nodes.For) -> nodes.For:
        over = tuple(_variables(node.iter))
        targets = (node.target, *node.target.find_all(nodes.Name))
        loops = {target.name: over for target in targets if isinstance(target, nodes.Name)}
        deciding = (*self._deciding(node.iter), *(_variables(node.test) if node.test else ()))
        loops = {**self._around.loops, **loops}
        return self._within(node, replace(self._around, deciding=deciding, loops=loops))

    def _within(self, node: nodes.Node, around: Spot) -> nodes.Node:
        before, self._around = self._around, around
        self.generic_visit(node)
        self._around = before
        return node

    def _deciding(self, node: nodes.Node) -> tuple[Variable, ...]:
        return (*self._around.deciding, *_variables(node))

    def _mark(self, node: nodes.Node, kind: Kind) -> nodes.Call:
        used = tuple(_variables(node))
        self._spots.append(replace(self._around, line=node.lineno, kind=kind, used=used))
        variables = [nodes.Name(name, "load") for name in self._around.loops]
        return call(len(self._spots) - 1, *variables, line=node.lineno)


def _kind(node: nodes.Node) -> Kind:
    return Kind.TEXT if isinstance(node, nodes.TemplateData) else Kind.VALUE


def _variables(node: nodes.Node) -> Iterator[Variable]:
    """Every name that an expression reads, with the attributes asked of it."""
    attributes: list[str] = []
    inner = node
    while isinstance(inner, nodes.Getattr):
        attributes.insert(0, inner.attr)
        inner = inner.node
    if isinstance(inner, nodes.Name):
        yield Variable(inner.name, tuple(attributes))
    else:
        for child in inner.iter_child_nodes():
            yield from _variables(child)


def _containers(value: Any, path: ValuePath) -> Iterator[tuple[ValuePath, Any]]:
    """Every mapping and list within a context by its path: what a loop's variable can be told by."""
    if not isinstance(value, (Mapping, list)):
        return
    yield path, value
    for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
        yield from _containers(item, (*path, key))


def _resolved(
    variables: Iterable[Variable],
    loops: Mapping[str, tuple[Variable, ...]],
    items: Mapping[str, ValuePath | None],
) -> Iterator[ValuePath]:
    """The paths in the context that names stand for; of a loop over plain values, all that it goes over."""
    for variable in variables:
        if variable.name not in loops:
            yield (variable.name, *variable.attributes)
        elif items[variable.name] is not None:
            yield (*items[variable.name], *variable.attributes)
        else:
            around = {name: over for name, over in loops.items() if name != variable.name}
            yield from _resolved(loops[variable.name], around, items)


def _around(pieces: tuple[Piece, ...]) -> dict[Rendering, Piece]:
    """A rendering's first piece comes right after the piece that prints all of it."""
    around: dict[Rendering, Piece] = {}
    outermost = pieces[0].rendering if pieces else None
    for before, piece in pairwise(pieces):
        if piece.rendering not in (outermost, before.rendering):
            around.setdefault(piece.rendering, before)
    return around
