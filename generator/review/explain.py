"""Where each line of a generated file comes from: template, facts, and what was done to it on the way.

The file is rendered once more by the same planner, with a tracing renderer. The text of that must be the
text that is planned, or nothing is told. What lies on disk may be older, or edited: its lines are
explained as far as they are planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import PurePath

from generator import formatting, views
from generator.errors import Problem, ProblemsFound
from generator.naming import Layout
from generator.plan import Planner
from generator.review.align import Line, align
from generator.review.facts import SPEC, Fact, Facts
from generator.review.through import Step, shown, way_to
from generator.review.trace import Piece, TracedText, TracingRenderer, Written
from generator.specs.yaml_source import ValuePath
from generator.views import FileSubject

NOT_PLANNED = "not what the sources give: edited by hand, or out of date; `skillsets check` tells which"
BLANK = "blank, by the formatter"
IMPORTS = "imports are ordered and joined by the formatter"
RELAID = "laid out on other lines by the formatter"


@dataclass(frozen=True)
class Source:
    """A line of a template that wrote (a part of) a generated line, and the facts that it used.

    `through` is the way to it from the file's own template; `deciding` are the facts in the conditions on the
    line, and in the conditions and loops around it.
    """

    template: str
    line: int
    text: str
    through: tuple[Step, ...]
    facts: tuple[Fact, ...]
    deciding: tuple[Fact, ...]


@dataclass(frozen=True)
class ExplainedLine:
    """A line of a generated file; where it has no `sources`, its `notes` say why."""

    number: int
    text: str
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """A whole generated file; `planned` is false where it is not, to the byte, what its sources give."""

    path: str
    template: str
    chosen_by: Fact
    planned: bool
    lines: tuple[ExplainedLine, ...]


class Explainer:
    """Explains the generated files of a checkout."""

    def __init__(self, layout: Layout):
        self._layout = layout
        self._renderer = TracingRenderer(layout.templates)
        self._planner, self._tracing = Planner(layout), Planner(layout, self._renderer)
        self._template_lines = cache(self._read_template)

    def explain(self, path: PurePath, content: str) -> Explanation:
        """Every line of the generated file at a path (below the root), whose content is given.

        Raises `ProblemsFound` where no spec makes the file, or its sources are wrong.
        """
        model_type, kind = maker(self._layout, path)
        facts = Facts(self._layout, model_type, kind)
        subject = FileSubject(facts.spec, self._layout, kind, facts.required)
        if not subject.tasks:
            message = f"is not generated: every task of {model_type} is withheld"
            raise ProblemsFound([Problem(path.as_posix(), None, message, "see its overlay")])
        traced = self._traced(subject)
        planned = self._planned(subject)
        made_of = align(traced.text, planned)
        numbers = _same_lines(planned.split("\n"), content.split("\n"))
        lines = tuple(
            self._line(number, text, made_of[numbers[number]], traced, facts)
            if number in numbers
            else ExplainedLine(number, text, notes=(NOT_PLANNED,))
            for number, text in enumerate(content.removesuffix("\n").split("\n"), 1)
        )
        chosen_by = facts.fact((SPEC, ("family",)))
        return Explanation(path.as_posix(), shown(subject.template), chosen_by, planned == content, lines)

    def _traced(self, subject: FileSubject) -> TracedText:
        """The trace of a rendering. That it is one of what is planned is checked, not believed."""
        traced = self._renderer.read(self._tracing.rendered(subject).text)
        if traced.text != self._planner.rendered(subject).text:
            raise RuntimeError(f"the trace of {subject.path} is not of what is planned")
        return traced

    def _planned(self, subject: FileSubject) -> str:
        spec, required, path = subject.spec, subject.required, PurePath(subject.path)
        made = self._planner.test(spec) if required is None else self._planner.skillset(spec, required)
        return formatting.format_sources({path: made.text}, self._layout.root / "pyproject.toml")[path]

    def _line(self, number: int, text: str, made_of: Line, traced: TracedText, facts: Facts) -> ExplainedLine:
        written = [traced.written(offset) for offset in made_of.offsets]
        sources = tuple(self._sources(written, traced, facts))
        return ExplainedLine(number, text, sources, tuple(_notes(text, made_of, sources)))

    def _sources(self, written: Sequence[Written], traced: TracedText, facts: Facts) -> Iterator[Source]:
        """One for each template's line, in order; with the facts of all its pieces."""
        pieces: dict[tuple[str, int], dict[Piece, None]] = {}
        for each in written:
            pieces.setdefault((each.piece.spot.template, each.line), {})[each.piece] = None
        for (template, line), found in pieces.items():
            through = way_to(next(iter(found)), traced, self._renderer, facts)
            asked = traced.asked.get((next(iter(found)).rendering, template, line), ())
            used = _facts(((piece, path) for piece in found for path in piece.used), facts)
            around = [(piece, path) for piece in found for path in piece.deciding]
            around += [(piece, path) for piece in asked for path in piece.used]
            deciding = tuple(fact for fact in _facts(around, facts) if fact not in used)
            yield Source(shown(template), line, self._template_lines(template)[line - 1], through, used, deciding)

    def _read_template(self, name: str) -> list[str]:
        return (self._layout.templates / name).read_text("utf-8").split("\n")


def maker(layout: Layout, path: PurePath) -> tuple[str, str]:
    """The model type whose file this is, and the file's kind. Raises `ProblemsFound` where there is none."""
    for file in sorted((layout.specs / "models").glob("*.yaml")):
        for kind, path_of in (("skillsets", layout.skillset), ("tests", layout.test)):
            if path_of(file.stem) == layout.root / path:
                return file.stem, kind
    hint = "name a file of generated/skillsets or generated/tests"
    raise ProblemsFound([Problem(path.as_posix(), None, "no spec makes this from templates", hint)])


def _facts(paths: Iterable[tuple[Piece, ValuePath]], facts: Facts) -> tuple[Fact, ...]:
    """The facts behind values of pieces, each once."""
    found = (fact for piece, path in paths for fact in facts.behind(path, piece.rendering.context.get("task")))
    return tuple(dict.fromkeys(found))


def _notes(text: str, made_of: Line, sources: Sequence[Source]) -> Iterator[str]:
    if not sources:
        yield "no template writes this: a transform put it in" if text.strip() else BLANK
    elif text.startswith(("import ", "from ")):
        yield IMPORTS
    elif made_of.relaid:
        yield RELAID
    if made_of.taken_out:
        yield f"taken out, since the file does not use it: {', '.join(made_of.taken_out)}"


def _same_lines(planned: Sequence[str], actual: Sequence[str]) -> dict[int, int]:
    """The number of each actual line that is planned → the index of the planned one."""
    blocks = SequenceMatcher(None, planned, actual, autojunk=False).get_matching_blocks()
    return {block.b + n + 1: block.a + n for block in blocks for n in range(block.size)}
