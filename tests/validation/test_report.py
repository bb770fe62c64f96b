"""The page of results: what stands in which row, and that whatever a result holds is text in it."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from generator.naming import Layout
from generator.validation import report

ROOT = Path(__file__).parents[2]
NASTY = '<script>alert("1")</script> & {{ 7 * 7 }}'
EMPTY = {"message": None, "environment": {"torch": "2.13.0"}, "outcomes": {}, "reasons": {}, "costs": {}}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Two models of this repository, none of them validated."""
    for name in ("families", "hardware", "tasks", "overlays"):
        shutil.copytree(ROOT / "specs" / name, tmp_path / "specs" / name)
    for path in (tmp_path / "specs" / "overlays").glob("*.yaml"):
        path.unlink()
    (tmp_path / "specs" / "models").mkdir()
    for name in ("bert", "vit"):
        shutil.copy(ROOT / "specs" / "models" / f"{name}.yaml", tmp_path / "specs" / "models")
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    return Layout(tmp_path)


def put(layout: Layout, model: str, **verdict: Any) -> None:
    layout.verdict(model).parent.mkdir(parents=True, exist_ok=True)
    layout.verdict(model).write_text(json.dumps({"status": "passed", **EMPTY, **verdict}))


def rows(layout: Layout, model: str) -> dict[str, report.Row]:
    return {row.task: row for row in report.collect(layout).rows if row.model == model}


class Page(HTMLParser):
    """The tags of a page, and the text of its cells."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_was_never_validated_is_not_run(layout: Layout) -> None:
    found = rows(layout, "bert")
    assert {row.status for row in found.values()} == {"not run"}
    assert found["fill-mask"].reasons == ("not validated here; run it: doit validate:bert",)


def test_cases_are_filed_under_their_tasks(layout: Layout) -> None:
    put(
        layout,
        "bert",
        outcomes={
            "test_answers_one_item[fill-mask]": "passed",
            "TestFillMask::test_x": "failed",
            "TestTextClassification::test_x": "passed",
            "test_answers_one_item[token-classification]": "skipped",
            "test_loads": "passed",
        },
        reasons={
            "TestFillMask::test_x": "E  a\nE  value mismatch\n",
            "test_answers_one_item[token-classification]": "no",
        },
        costs={"fill-mask": {"seconds": 0.5, "peak_rss_bytes": 1}},
        status="failed",
        message="1 of 5 tests failed",
    )  # fmt: skip
    found = rows(layout, "bert")
    assert (found["fill-mask"].status, found["fill-mask"].passed, found["fill-mask"].failed) == (
        "failed",
        1,
        1,
    )
    assert found["fill-mask"].seconds == 0.5
    assert found["fill-mask"].reasons == ("test_x: E  value mismatch",)
    assert (found["text-classification"].status, found["text-classification"].cases) == ("passed", 1)
    assert found["token-classification"].status == "skipped"
    assert found["every task"].status == "passed"


def test_a_run_that_was_cut_off_failed_every_task(layout: Layout) -> None:
    put(layout, "vit", status="failed", message="was killed by SIGSEGV\nmore")
    assert {(row.status, row.reasons) for row in rows(layout, "vit").values()} == {
        ("failed", ("was killed by SIGSEGV",))
    }


def test_a_task_without_a_case_is_not_run(layout: Layout) -> None:
    put(layout, "vit", outcomes={"test_x[image-classification]": "passed"})
    assert rows(layout, "vit")["image-feature-extraction"].status == "not run"


def test_families_count_models_by_the_worst_of_their_tasks(layout: Layout) -> None:
    outcomes = {"test_x[image-classification]": "passed", "test_y[image-classification]": "failed"}
    put(layout, "vit", outcomes=outcomes)
    found = {summary.family: summary for summary in report.collect(layout).families}
    assert found["vision"].models == {"passed": 0, "failed": 1, "skipped": 0, "not run": 0}
    assert found["vision"].cases == {"passed": 1, "failed": 1, "skipped": 0, "not run": 0}
    assert found["text_embedding"].models["not run"] == 1


def test_results_say_where_they_came_from(layout: Layout) -> None:
    put(layout, "bert", environment={"torch": "2.13.0"})
    put(layout, "vit", environment={"torch": "2.15.0", "torchvision": "0.29.2"})
    found = report.collect(layout).environments
    assert {(item.libraries["torch"], item.models) for item in found} == {("2.13.0", 1), ("2.15.0", 1)}
    report.write(layout)
    assert "torchvision 0.29.2" in " ".join(Page(layout.report.read_text("utf-8")).text.split())


def test_a_result_is_text_whatever_it_holds(layout: Layout) -> None:
    put(layout, "vit", outcomes={"test_x[image-classification]": "failed"},
        reasons={"test_x[image-classification]": NASTY})  # fmt: skip
    report.write(layout)
    page = Page(layout.report.read_text("utf-8"))
    assert page.tags.count("script") == 1
    assert NASTY in page.text
    assert json.loads(layout.report.with_suffix(".json").read_text("utf-8"))["rows"]


def test_the_page_is_one_file_with_every_row(layout: Layout) -> None:
    report.write(layout)
    page = Page(layout.report.read_text("utf-8"))
    assert not {"link", "img", "iframe"} & set(page.tags)
    assert page.text.count("not validated here") == len(report.collect(layout).rows)
