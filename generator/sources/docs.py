"""Parses a `model_doc/*.md` page of the Hugging Face documentation into what it says about a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from generator.errors import Problem, ProblemsFound, raise_if_any
from generator.sources.samples import Use, uses

_DATES = re.compile(
    r"was (?:released|published) on (?P<released>\S{1,40}) and "
    r"(?:added|contributed) to .{1,60}? on (?P<added>\S{1,40})"
)
_AUTODOC = re.compile(r"^\s*\[\[autodoc\]\]\s*(?P<name>[\w.]+)(?P<methods>(?:\s+-\s+\w+)*)\s*$")
_METHOD = re.compile(r"^\s*-\s+(?P<name>\w+)\s*$")
_OPTION = re.compile(r'<hfoption\s+id="(?P<id>[^"]*)"\s*>')
_BADGE = re.compile(
    r'<img\s[^>]{0,200}?alt="(?P<name>[^"]{1,60})"[^>]{0,200}?src="https://img\.shields\.io/badge/'
)
_PAPER = re.compile(
    r"https?://(?:huggingface\.co/papers/|arxiv\.org/(?:abs|pdf)/|openreview\.net/|aclanthology\.org/|doi\.org/"
    r"|www\.biorxiv\.org/)\S+|https?://(?!\S*licen[cs]e)\S+\.pdf"
)
_NOTE = re.compile(r"^\[!(?P<kind>[A-Z]+)\]\s*")
_NOTES_HEADING = re.compile(r"\b(?:notes?|tips?)\b", re.IGNORECASE)
_PYTHON = {"py", "python", "python3", "pycon"}
_LARGEST_PAGE = 200_000


@dataclass(frozen=True)
class Heading:
    text: str
    level: int
    line: int


@dataclass(frozen=True)
class Dates:
    """The dates in the line under the licence; a date that is not written out is None."""

    released: date | None
    added: date | None
    line: int


@dataclass(frozen=True)
class Link:
    text: str
    url: str
    line: int


@dataclass(frozen=True)
class Badge:
    name: str
    line: int


@dataclass(frozen=True)
class Autodoc:
    """A `[[autodoc]] Class` block with the methods listed under it."""

    class_name: str
    methods: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Sample:
    """A code block: the `<hfoption>` that it is under, its language, and what its calls use."""

    option: str | None
    language: str
    code: str
    uses: tuple[Use, ...]
    line: int


@dataclass(frozen=True)
class Note:
    """A `> [!TIP]` box, or an item under a heading that says notes or tips."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class DocsPage:
    """A page, with the line that each thing stands on."""

    name: str
    title: Heading | None
    dates: Dates | None
    papers: tuple[Link, ...]
    badges: tuple[Badge, ...]
    autodoc: tuple[Autodoc, ...]
    samples: tuple[Sample, ...]
    notes: tuple[Note, ...]

    def documents(self, class_name: str) -> bool:
        return any(block.class_name == class_name for block in self.autodoc)

    def where(self, line: int) -> str:
        """The provenance of what stands on a line: `docs model_doc/bert.md:16`."""
        return f"docs {self.path}:{line}"

    @property
    def path(self) -> str:
        return f"model_doc/{self.name}.md"

    @property
    def uses(self) -> tuple[Use, ...]:
        return tuple(use for sample in self.samples for use in sample.uses)


def read(path: Path) -> DocsPage:
    """Parse the page in a file; raises `ProblemsFound` naming it as `model_doc/<file>`."""
    shown = f"model_doc/{path.name}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProblemsFound([Problem(shown, None, f"cannot be read: {error.strerror}")]) from error
    return parse(content, path.stem, shown)


def parse(content: bytes, name: str, shown: str) -> DocsPage:
    """Parse a page; raises `ProblemsFound` with every reason why it is not one."""
    text = _decode(content, shown)
    raise_if_any(_unreadable(text, shown))
    tokens = MarkdownIt("commonmark").parse(text)
    lines = text.split("\n")
    raise_if_any(_unclosed_fences(lines, tokens, shown))
    return _page(name, lines, tokens)


def _decode(content: bytes, shown: str) -> str:
    if len(content) > _LARGEST_PAGE:
        raise ProblemsFound([Problem(shown, None, f"is larger than {_LARGEST_PAGE} bytes")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8: byte 0x{content[error.start]:02x} at offset {error.start}"
        raise ProblemsFound([Problem(shown, line, message, "save the page as UTF-8")]) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unreadable(text: str, shown: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem(shown, 1, "is empty")
    if "\0" in text:
        yield Problem(shown, text.count("\n", 0, text.index("\0")) + 1, "has a NUL character")


def _unclosed_fences(lines: list[str], tokens: list[Token], shown: str) -> Iterator[Problem]:
    """A fence that only the end of the page closes. (The end of a list item may: Markdown says so.)"""
    last = max(number for number, line in enumerate(lines) if line.strip())
    for token in tokens:
        if token.type == "fence" and token.map and token.map[1] > last:
            closing = rf"[>\s]*{re.escape(token.markup[0])}{{{len(token.markup)},}}\s*"
            if token.map[0] == last or not re.fullmatch(closing, lines[last]):
                message = "code fence is never closed"
                yield Problem(shown, token.map[0] + 1, message, "the rest of the page would be read as code")


def _page(name: str, lines: list[str], tokens: list[Token]) -> DocsPage:
    prose = tuple(_prose_lines(lines, tokens))
    return DocsPage(
        name=name,
        title=_title(tuple(_headings(tokens))),
        dates=_dates(prose),
        papers=tuple(_papers(tokens)),
        badges=tuple(_badges(prose)),
        autodoc=tuple(_autodoc(prose)),
        samples=tuple(_samples(lines, tokens)),
        notes=tuple(_notes(tokens)),
    )


def _prose_lines(lines: list[str], tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """The lines outside code, with their numbers; a class named in a sample is not documented there."""
    code = {n for t in tokens if t.type == "fence" and t.map for n in range(*t.map)}
    for number, line in enumerate(lines):
        if number not in code:
            yield number + 1, line


def _headings(tokens: list[Token]) -> Iterator[Heading]:
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open" and opening.map:
            text = _plain(inline)
            if text:
                yield Heading(text, int(opening.tag[1:]), opening.map[0] + 1)


def _title(headings: tuple[Heading, ...]) -> Heading | None:
    """The first heading of the first level; a few pages start with the second."""
    return next((h for h in headings if h.level == 1), next(iter(headings), None))


def _plain(inline: Token) -> str:
    """The text of a heading or paragraph as it is read: no markup, no HTML, one space between words."""
    kept = (child for child in inline.children or () if child.type in {"text", "code_inline", "softbreak"})
    return " ".join("".join(child.content or " " for child in kept).split())


def _dates(prose: tuple[tuple[int, str], ...]) -> Dates | None:
    for number, line in prose:
        match = _DATES.search(line)
        if match:
            return Dates(_date(match["released"]), _date(match["added"]), number)
    return None


def _date(text: str) -> date | None:
    """`2018-10-11.*` → a date; `{release_date}` and `None` → None."""
    try:
        return date.fromisoformat(text.strip("*._ "))
    except ValueError:
        return None


def _papers(tokens: list[Token]) -> Iterator[Link]:
    for token in tokens:
        children = token.children or ()
        for opening, text in zip(children, children[1:], strict=False):
            url = str(opening.attrs.get("href", "")) if opening.type == "link_open" else ""
            if _PAPER.fullmatch(url):
                yield Link(text.content, url, _line(token))


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _badges(prose: tuple[tuple[int, str], ...]) -> Iterator[Badge]:
    for number, line in prose:
        for match in _BADGE.finditer(line):
            yield Badge(match["name"], number)


def _autodoc(prose: tuple[tuple[int, str], ...]) -> Iterator[Autodoc]:
    """Methods stand in a list right under the class, or behind it on the same line."""
    for index, (number, line) in enumerate(prose):
        match = _AUTODOC.match(line)
        if match:
            below = takewhile(bool, (_METHOD.match(prose[i][1]) for i in range(index + 1, len(prose))))
            methods = (*match["methods"].replace("-", " ").split(), *(item["name"] for item in below if item))
            yield Autodoc(match["name"].split(".")[-1], methods, number)


def _samples(lines: list[str], tokens: list[Token]) -> Iterator[Sample]:
    options = tuple(_options(lines))
    for token in tokens:
        if token.type != "fence" or not token.map:
            continue
        language = token.info.split()[0].lower() if token.info.split() else ""
        first = token.map[0] + 2
        found = uses(token.content, first) if language in _PYTHON else ()
        yield Sample(options[token.map[0]], language, token.content, found, first - 1)


def _options(lines: list[str]) -> Iterator[str | None]:
    """For each line, the `<hfoption>` that is open there."""
    option = None
    for line in lines:
        if match := _OPTION.search(line):
            option = match["id"]
        elif "</hfoption>" in line:
            option = None
        yield option


def _notes(tokens: list[Token]) -> Iterator[Note]:
    """Boxes anywhere, and whatever stands under a heading like "Usage tips"."""
    heading = ""
    quoted = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        quoted += token.type.startswith("blockquote") * token.nesting
        if token.type != "inline":
            continue
        text = _plain(token)
        if before is not None and before.type == "heading_open":
            heading = text
        elif quoted and (match := _NOTE.match(text)):
            yield Note(match["kind"].lower(), text[match.end() :], _line(token))
        elif _NOTES_HEADING.search(heading) and text:
            yield Note("note", text, _line(token))
