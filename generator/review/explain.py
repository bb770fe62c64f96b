"""Where each line of a generated file comes from: template, facts, and what was done to it on the way.

The file is rendered once more by the same planner, with a tracing renderer. The text of that must be the
text that is planned, or nothing is told. What lies on disk may be older, or edited: its lines are
explained as far as they are planned.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import chain
from pathlib import Path, PurePath

from generator import formatting
from generator.errors import Problem, ProblemsFound
from generator.naming import Layout
from generator.plan import Planner
from generator.render import Renderer
from generator.review.align import Line, align, line_starts
from generator.review.provenance import SPEC, Fact, Facts
from generator.review.through import Step, shown, way_to
from generator.review.trace import Piece, TracedText, TracingRenderer
from generator.specs.yaml_source import ValuePath
from generator.views import FileSubject

NOT_PLANNED = "not what the sources give: edited by hand, or out of date; `skillsets check` tells which"
NO_TEMPLATE = "no template has this line: a transform wrote it, or gave it another name"
BLANK = "blank, by the formatter"
IMPORTS = "imports joined by the formatter"
RELAID = "laid out on other lines by the formatter"


@dataclass(frozen=True)
class Source:
    """A line of a template (or code overlay) that wrote a generated line, or some of it; the facts it used.

    `through` is the way to it from the file's own template; `deciding` are the facts in the conditions on the
    line, and in the conditions and loops around it.
    """

    path: str
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
        planned = self._planned(subject)
        writers = _Writers(subject, self._renderer, facts, self._traced(subject), planned)
        lines = tuple(_lines(planned, content, writers))
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


class _Writers:
    """What wrote each line of one planned file: templates, or the type's code overlay."""

    def __init__(
        self, subject: FileSubject, renderer: Renderer, facts: Facts, traced: TracedText, planned: str
    ):
        self._root, self._renderer, self._facts, self._traced = subject.layout.root, renderer, facts, traced
        self._read = cache(_read_lines)
        self._made_of = align(traced.text, planned)
        self._overlay = subject.layout.overlay(subject.spec.model_type).with_suffix(".py")
        overlaid = subject.kind == "skillsets" and self._overlay.exists()
        text = self._overlay.read_text("utf-8") if overlaid else ""
        self._overlay_starts = line_starts(text)
        none = [Line()] * len(self._made_of)
        self._by_hand = align(text, planned, nested=False) if overlaid else none
        self._moved = align(traced.text, planned, nested=False) if overlaid else none

    def line(self, number: int, text: str, index: int) -> ExplainedLine:
        """A line of the file on disk, which is the one at an index of the planned file.

        What an overlay puts in is not taken for what templates write elsewhere; what it has moved is.
        """
        made_of = self._made_of[index]
        sources = tuple(self._sources(made_of)) or tuple(self._from_overlay(self._by_hand[index]))
        if not sources:
            made_of = self._moved[index]
            sources = tuple(self._sources(made_of))
        return ExplainedLine(number, text, sources, tuple(_notes(text, made_of, sources)))

    def _sources(self, made_of: Line) -> Iterator[Source]:
        """One for each template's line, in order; with the facts of all its pieces."""
        pieces: dict[tuple[str, int], dict[Piece, None]] = {}
        for written in map(self._traced.written, made_of.offsets):
            pieces.setdefault((written.piece.spot.template, written.line), {})[written.piece] = None
        for (template, line), found in pieces.items():
            yield self._source(template, line, tuple(found))

    def _source(self, template: str, line: int, pieces: Sequence[Piece]) -> Source:
        through = way_to(pieces[0], self._traced, self._renderer, self._facts)
        asked = self._traced.asked.get((pieces[0].rendering, template, line), ())
        used = self._behind((piece, path) for piece in pieces for path in piece.used)
        deciding = [(piece, path) for piece in pieces for path in piece.deciding]
        deciding += [(piece, path) for piece in asked for path in piece.used]
        others = tuple(fact for fact in self._behind(deciding) if fact not in used)
        return Source(shown(template), line, self._text(shown(template), line), through, used, others)

    def _behind(self, paths: Iterable[tuple[Piece, ValuePath]]) -> tuple[Fact, ...]:
        """The facts behind values of pieces, each once."""
        found = (self._facts.behind(path, piece.rendering.context.get("task")) for piece, path in paths)
        return tuple(dict.fromkeys(chain.from_iterable(found)))

    def _from_overlay(self, made_of: Line) -> Iterator[Source]:
        path = self._overlay.relative_to(self._root).as_posix()
        for number in dict.fromkeys(bisect_right(self._overlay_starts, at) for at in made_of.offsets):
            yield Source(path, number, self._text(path, number), (), (), ())

    def _text(self, path: str, line: int) -> str:
        return self._read(self._root / path)[line - 1]


def _read_lines(path: Path) -> list[str]:
    return path.read_text("utf-8").split("\n")


def maker(layout: Layout, path: PurePath) -> tuple[str, str]:
    """The model type whose file this is, and the file's kind. Raises `ProblemsFound` where there is none."""
    for file in sorted((layout.specs / "models").glob("*.yaml")):
        for kind, path_of in (("skillsets", layout.skillset), ("tests", layout.test)):
            if path_of(file.stem) == layout.root / path:
                return file.stem, kind
    hint = "name a file of generated/skillsets or generated/tests"
    raise ProblemsFound([Problem(path.as_posix(), None, "no spec makes this from templates", hint)])


def _notes(text: str, made_of: Line, sources: Sequence[Source]) -> Iterator[str]:
    if not sources:
        yield NO_TEMPLATE if text.strip() else BLANK
    elif len(sources) > 1 and text.startswith(("import ", "from ")):
        yield IMPORTS
    elif made_of.relaid:
        yield RELAID
    if made_of.taken_out:
        yield f"taken out, being unused here: {', '.join(made_of.taken_out)}"


def _lines(planned: str, content: str, writers: _Writers) -> Iterator[ExplainedLine]:
    numbers = _same_lines(planned.split("\n"), content.split("\n"))
    for number, text in enumerate(content.removesuffix("\n").split("\n"), 1):
        if number in numbers:
            yield writers.line(number, text, numbers[number])
        else:
            yield ExplainedLine(number, text, notes=(NOT_PLANNED,))


def _same_lines(planned: Sequence[str], actual: Sequence[str]) -> dict[int, int]:
    """The number of each actual line that is planned → the index of the planned one."""
    blocks = SequenceMatcher(None, planned, actual, autojunk=False).get_matching_blocks()
    return {block.b + n + 1: block.a + n for block in blocks for n in range(block.size)}
