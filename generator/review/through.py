"""The way from a file's own template to the one that wrote a line: what extends, includes or prints what."""

from __future__ import annotations

from dataclasses import dataclass

from generator.render import Renderer
from generator.review.provenance import SPEC, Fact, Facts
from generator.review.trace import Piece, Rendering, TracedText


@dataclass(frozen=True)
class Step:
    """A line of a template that leads on to another one: what it does, and the fact that chose the other."""

    template: str
    line: int
    does: str
    fact: Fact | None = None


def way_to(piece: Piece, traced: TracedText, renderer: Renderer, facts: Facts) -> tuple[Step, ...]:
    """From the file's template to a piece's, in order; no step where the file's template wrote it itself."""
    rendering = piece.rendering
    inner = _references(renderer, rendering.template, piece.spot.template)
    outer = traced.around.get(rendering)
    if outer is None:
        return inner
    return (*way_to(outer, traced, renderer, facts), _printing(outer, rendering, facts), *inner)


def shown(template: str) -> str:
    """A template by its path below the root."""
    return f"templates/{template}"


def _printing(outer: Piece, rendering: Rendering, facts: Facts) -> Step:
    chosen_by = facts.fact((SPEC, ("tasks", rendering.context["task"], "template")))
    return Step(shown(outer.spot.template), outer.spot.line, f"prints {shown(rendering.template)}", chosen_by)


def _references(renderer: Renderer, start: str, target: str) -> tuple[Step, ...]:
    """The shortest way by which one template reaches another."""
    ways: list[tuple[str, tuple[Step, ...]]] = [(start, ())]
    for template, way in ways:
        if template == target:
            return way
        for found in renderer.references(template):
            step = Step(shown(template), found.line, f"{found.verb} {shown(found.target)}")
            ways.append((found.target, (*way, step)))
    raise AssertionError(f"{start} does not reach {target}")
