"""Templates that tell what they do while they are rendered: probes are put into their syntax trees.

The templates, the contexts and the code that renders are the real ones, so what is told is what happens.
Nothing of this is loaded unless it is asked for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from jinja2 import nodes

from generator.render import CodeEnvironment, Renderer

_CALLED = "probe"


class _ProbedEnvironment(CodeEnvironment):
    """Compiles each template after its renderer has put probes into it."""

    renderer: ProbedRenderer

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        self.renderer.add_probes(source, name or "")
        return super()._generate(source, name, filename, defer_init)

    def probe(self, number: int, *values: Any) -> Any:
        """What a probe calls; an attribute of the environment is beyond the reach of any context."""
        return self.renderer.probed(number, *values)


class ProbedRenderer(Renderer, ABC):
    """Renders as `Renderer` does, and hears from each probe that it put into a template."""

    environment_class = _ProbedEnvironment
    _environment: _ProbedEnvironment

    def __init__(self, folder: Path):
        super().__init__(folder)
        self._environment.renderer = self

    @abstractmethod
    def add_probes(self, tree: nodes.Template, name: str) -> None:
        """Put calls of `probed` into a template's syntax tree."""

    @abstractmethod
    def probed(self, number: int, *values: Any) -> Any:
        """What a probe stands for, when the template comes to it."""


def call(number: int, *values: nodes.Expr, line: int) -> nodes.Call:
    """An expression that calls `probed`."""
    arguments = [nodes.Const(number), *values]
    attribute = nodes.EnvironmentAttribute(_CALLED)
    return nodes.Call(attribute, arguments, [], None, None).set_lineno(line, override=True)
