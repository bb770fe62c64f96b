"""The docs parser: every convention of a page, and every way in which a page can be broken."""

from __future__ import annotations

import contextlib
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.errors import ProblemsFound
from generator.sources import docs
from generator.sources.docs import DocsPage, Link, Note
from tests.sources.birds import PAGE

FENCE = "```"


def parse(text: str | bytes) -> DocsPage:
    content = text if isinstance(text, bytes) else text.encode()
    return docs.parse(content, "wren", "model_doc/wren.md")


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(PAGE.split("\n"), 1) if text in line)


def test_title_is_plain_text_with_its_line():
    title = parse(PAGE).title
    assert (title.text, title.level, title.line) == ("The Wren v2", 1, line_of("# The"))


def test_title_may_be_a_second_level_heading():
    assert parse("text\n\n## Wren\n\n## Notes\n").title.text == "Wren"


def test_dates():
    dates = parse(PAGE).dates
    assert (dates.released, dates.added, dates.line) == (date(2020, 2, 29), date(2021, 3, 4), 2)


@pytest.mark.parametrize("released", ["{release_date}", "None", "2020-13-45"])
def test_a_date_that_is_not_one_is_absent(released: str):
    line = f"*This model was released on {released} and added to Hugging Face Transformers on 2021-03-04.*"
    dates = parse(f"{line}\n\n# Wren\n").dates
    assert (dates.released, dates.added) == (None, date(2021, 3, 4))


def test_dates_are_those_of_this_model():
    line = (
        "*This model was published on 2020-01-02 and contributed to Hugging Face Transformers on 2021-03-04.*"
    )
    assert parse(f"{line}\n").dates.released == date(2020, 1, 2)
    assert parse("This model was contributed by [somebody](https://example.org).\n").dates is None


def test_only_papers_are_papers():
    assert parse(PAGE).papers == (
        Link("Wren", "https://huggingface.co/papers/2001.00001", line_of("[Wren](")),
    )


def test_badges_are_not_just_any_image():
    badges = [(badge.name, badge.line) for badge in parse(PAGE).badges]
    assert badges == [("SDPA", 5), ("FlashAttention", 6)]


def test_autodoc_blocks_with_their_methods():
    blocks = [(block.class_name, block.methods, block.line) for block in parse(PAGE).autodoc]
    assert blocks == [
        ("WrenConfig", ("all",), line_of("[[autodoc]] WrenConfig")),
        ("WrenForMaskedLM", ("forward", "save"), line_of("models.wren")),
        ("WrenModel", ("forward",), line_of("[[autodoc]] WrenModel")),
        ("WrenGone", (), line_of("WrenGone")),
    ]


def test_autodoc_in_a_sample_documents_nothing():
    assert parse(f"# Wren\n\n{FENCE}\n[[autodoc]] WrenModel\n{FENCE}\n").autodoc == ()


def test_samples_know_their_option_and_language():
    samples = parse(PAGE).samples
    assert [(sample.option, sample.language, sample.line) for sample in samples] == [
        ("Pipeline", "py", line_of("```py")),
        ("AutoModel", "python", line_of("```python")),
    ]


def test_uses_have_the_line_of_the_call():
    uses = [(use.line, use.task, use.class_name, use.checkpoint) for use in parse(PAGE).uses]
    assert uses == [
        (line_of("pipeline(task"), "fill-mask", None, "birds/wren-mask"),
        (line_of("from_pretrained("), None, "AutoModelForMaskedLM", "birds/wren-big"),
    ]


def test_boxes_and_items_under_a_notes_heading_are_notes():
    assert parse(PAGE).notes == (
        Note("tip", "Feed it well.", line_of("[!TIP]")),
        Note("note", "It is small.", line_of("It is small")),
    )


def test_carriage_returns_and_a_byte_order_mark_change_nothing():
    assert parse(b"\xef\xbb\xbf" + PAGE.replace("\n", "\r\n").encode()) == parse(PAGE)
    assert parse(PAGE.replace("\n", "\r")) == parse(PAGE)


def test_a_fence_that_a_list_item_ends_is_closed():
    page = parse(f"- item\n\n  {FENCE}py\n  x = 1\n\n## WrenConfig\n\n[[autodoc]] WrenConfig\n")
    assert page.documents("WrenConfig")


@pytest.mark.parametrize(
    ("url", "is_paper"),
    [
        ("https://arxiv.org/abs/2001.00001", True),
        ("https://example.org/birds/wren.pdf", True),
        ("https://example.org/birds/licenses/terms.pdf", False),
        ("https://huggingface.co/birds", False),
        ("javascript:alert(1).pdf", False),
    ],
)
def test_links_to_papers(url: str, is_paper: bool):
    assert bool(parse(f"# Wren\n\nSee [it]({url}).\n").papers) == is_paper


@pytest.mark.parametrize(
    "piece", ["```\nx\n```\n", "[[autodoc]] A\n", "    - all\n", "<img ", "[", "> ", "`", ">>> ("]
)
def test_a_huge_page_is_read_in_reasonable_time(piece: str):
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    with contextlib.suppress(ProblemsFound):
        parse(f"# Wren\n\n{text}\n")
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "model_doc/wren.md:1: is empty"),
        (b" \n\t\n", "model_doc/wren.md:1: is empty"),
        (
            "# Wren\n\nun mod\xe8le\n".encode("latin-1"),
            "model_doc/wren.md:3: is not UTF-8: byte 0xe8 at offset 14; save the page as UTF-8",
        ),
        (b"# Wren\n\0\n", "model_doc/wren.md:2: has a NUL character"),
        (
            b"# Wren\n\n```py\nx = 1\n\n[[autodoc]] WrenConfig\n",
            "model_doc/wren.md:3: code fence is never closed; the rest of the page would be read as code",
        ),
        (
            b"# Wren\n\n````\n```\n",
            "model_doc/wren.md:3: code fence is never closed; the rest of the page would be read as code",
        ),
        (
            b"# Wren\n\n~~~",
            "model_doc/wren.md:3: code fence is never closed; the rest of the page would be read as code",
        ),
        (b"x" * 200_001, "model_doc/wren.md: is larger than 200000 bytes"),
    ],
)
def test_a_broken_page_is_a_problem(content: bytes, message: str):
    with pytest.raises(ProblemsFound) as found:
        parse(content)
    assert str(found.value) == message


def test_a_page_that_is_not_there_is_a_problem(tmp_path: Path):
    with pytest.raises(ProblemsFound) as found:
        docs.read(tmp_path / "gone.md")
    assert str(found.value) == "model_doc/gone.md: cannot be read: No such file or directory"


def test_nothing_on_a_page_is_ever_run(tmp_path: Path):
    trap = tmp_path / "sprung"
    code = f"__import__('pathlib').Path({str(trap)!r}).touch()\npipeline('fill-mask', model='a/b')\n"
    page = parse(f'# {{{{ 1 + 1 }}}} """ `__import__("os")`\n\n{FENCE}python\n{code}{FENCE}\n')
    assert page.title.text == '{{ 1 + 1 }} """ __import__("os")'
    assert page.uses[0].checkpoint == "a/b"
    assert not trap.exists()


SNIPPETS = st.sampled_from(
    [*PAGE.splitlines(keepends=True), "```", "~~~\n", "> ", "- ", "\0", "\r", "[[autodoc]]", "(("]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(SNIPPETS | st.text(max_size=20), max_size=30).map("".join))
def test_any_text_gives_a_page_or_problems(text: str):
    try:
        page = parse(text.encode("utf-8", errors="surrogatepass"))
    except ProblemsFound as found:
        assert all(problem.path == "model_doc/wren.md" for problem in found.problems)
        return
    lines = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    things = (*page.autodoc, *page.badges, *page.papers, *page.samples, *page.notes, *page.uses)
    assert all(1 <= thing.line <= lines for thing in things)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_page_or_problems(content: bytes):
    try:
        parse(content)
    except ProblemsFound as found:
        assert found.problems
