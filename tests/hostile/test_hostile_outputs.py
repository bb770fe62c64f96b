"""Whatever a template prints or a page shows: text stays text, in Python, in HTML and in Markdown."""

from __future__ import annotations

import ast
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hostile_strings import CASES, hostile, many
from hypothesis import given
from markdown_it import MarkdownIt

from generator import pages
from generator.errors import ProblemsFound
from generator.render import Renderer
from generator.vacuity.results import Found
from generator.vacuity.results import text as vacuity_page
from generator.vacuity.run import Status, Verdict
from generator.validation import results
from generator.validation.report import STATUSES, Environment, Report, Row, _summaries, _summary
from generator.validation.results import Results, Trouble

ROOT = Path(__file__).parents[2]
TEMPLATE = '''\
"""{{ said | doc }}"""
# {{ said | comment }}
VALUE = {{ said | literal }}  # {{ said | comment }}
NESTED = {{ {"k": [said, {said: said}]} | literal }}


def function():
    """x {{ (said ~ ": " ~ said) | wordwrap(30, wrapstring="\\n    ") | doc }}
    y"""
    return {{ said | literal }}, "{{ said | doc }}"
'''


@pytest.fixture(scope="module")
def renderer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    (folder / "all.py.j2").write_text(TEMPLATE.replace(', "{{ said | doc }}"', ""))
    (folder / "bare.py.j2").write_text("{{ said }}")
    (folder / "name.py.j2").write_text("{{ said | identifier }} = 1\n")
    return Renderer(folder)


@many("templates")
@given(hostile)
def test_a_template_prints_a_string_as_nothing_else(renderer, said):
    text = renderer.render("all.py.j2", {"said": said})
    assert text.replace("\n", "").isprintable()
    docstring, value, nested, function = ast.parse(text).body
    assert isinstance(docstring.value, ast.Constant)
    assert ast.literal_eval(value.value) == said
    assert ast.literal_eval(nested.value) == {"k": [said, {said: said}]}
    inner, returned = function.body
    assert isinstance(inner.value, ast.Constant)
    assert ast.literal_eval(returned.value) == said


@many("bare")
@given(hostile)
def test_a_template_prints_no_string_bare_and_no_odd_name(renderer, said):
    with pytest.raises(ProblemsFound):
        renderer.render("bare.py.j2", {"said": said})
    try:
        text = renderer.render("name.py.j2", {"said": said})
    except ProblemsFound:
        return
    [assign] = ast.parse(text).body
    assert assign.targets[0].id == said and said.isascii()


class Tags(HTMLParser):
    """The tags of a page with the names of their attributes; what a script says counts as a tag."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[object] = []
        self._in_script = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, tuple(name for name, _ in attrs)))
        self._in_script = tag in ("script", "style")

    def handle_endtag(self, tag):
        self.found.append(tag)
        self._in_script = False

    def handle_data(self, data):
        if self._in_script:
            self.found.append(data)

    def handle_comment(self, data):
        self.found.append(("comment", data))


def html(said: str) -> str:
    row = Row(said, said, said, "failed", passed=1, failed=1, seconds=1.0, reasons=(said,))
    report = Report(
        (row,),
        tuple(_summaries([row])),
        (Environment({said: said}, 1),),
        (said,),
        {said: {"type": said, "reason": said}},
    )
    context = {"report": report, "statuses": STATUSES, "totals": _summary("all", [row])}
    return pages.render(ROOT / "templates", "report.html", context)


@many("report")
@given(hostile.filter(lambda said: said.isascii() or said.encode("utf-8", "ignore").decode() == said))
def test_the_report_has_no_tag_of_a_string(said):
    assert Tags(html(said)).found == Tags(html("innocent")).found


def tokens(page: str) -> list[str]:
    return [token.type for token in MarkdownIt("commonmark").enable("table").parse(page)]


def kinds_within(page: str) -> list[str]:
    inline = [token for token in MarkdownIt("commonmark").enable("table").parse(page) if token.children]
    return [child.type for token in inline for child in token.children]


said_of_code = hostile.filter(str.strip)


@many("pages")
@given(said_of_code, said_of_code)
def test_the_pages_in_markdown_have_no_markup_of_a_string(said, other):
    def matrix(text: str) -> str:
        return results.text(Results(1, (), (Trouble("onnx", "int8", "failed", text, ("bert",)),)))

    def mutants(before: str, after: str) -> str:
        verdict = Verdict("n", "o", "generated/x.py", 1, before, after, Status.SURVIVED, True, "", "pytest")
        return vacuity_page([Found("bert", "f", verdict, None, None)])

    for page, plain in ((matrix(said), matrix("x")), (mutants(said, other), mutants("x", "y"))):
        assert tokens(page) == tokens(plain)
        assert kinds_within(page) == kinds_within(plain)


def test_there_are_enough_cases():
    assert sum(CASES.values()) >= 10_000
