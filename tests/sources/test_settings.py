"""The docs folder: where it may be named, what it may be, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.settings import DOCS_VARIABLE, docs_dir


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.delenv(DOCS_VARIABLE, raising=False)
    root = tmp_path / "project"
    root.mkdir()
    return Layout(root)


def pages(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "bert.md").write_text("# BERT\n\n[[autodoc]] BertConfig\n")
    return folder


def test_nothing_is_set(layout: Layout):
    assert docs_dir(layout) is None


@pytest.mark.parametrize("inner", ["", "model_doc", "docs/source/en/model_doc", "en/model_doc"])
def test_the_folder_or_the_checkout_that_has_it(layout: Layout, tmp_path: Path, inner: str):
    folder = pages(tmp_path / "checkout" / inner)
    (tmp_path / "checkout" / "README.md").write_text("# Read me\n")
    assert docs_dir(layout, str(tmp_path / "checkout")) == folder


def test_the_option_goes_before_the_environment_before_pyproject(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("one", "two", "project/three"):
        pages(tmp_path / name)
    (layout.root / "pyproject.toml").write_text('[tool.skillsets]\ndocs = "three"\n')
    assert docs_dir(layout) == layout.root / "three"
    monkeypatch.setenv(DOCS_VARIABLE, str(tmp_path / "two"))
    assert docs_dir(layout) == tmp_path / "two"
    assert docs_dir(layout, str(tmp_path / "one")) == tmp_path / "one"


HINT = "name the folder of the Hugging Face model_doc pages, or the checkout that has it"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("gone", f'option docs: docs folder "gone" is not a folder; {HINT}'),
        ("empty", f'option docs: docs folder "empty" has no model_doc pages; {HINT}'),
        ("other", f'option docs: docs folder "other" has no model_doc pages; {HINT}'),
    ],
)
def test_a_wrong_folder(layout: Layout, monkeypatch: pytest.MonkeyPatch, value: str, message: str):
    monkeypatch.chdir(layout.root)
    Path("empty").mkdir()
    Path("other").mkdir()
    Path("other/README.md").write_text("# Something else\n")
    with pytest.raises(ProblemsFound) as found:
        docs_dir(layout, value)
    assert str(found.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.skillsets]\ndocs = 3\n", "pyproject.toml: tool.skillsets.docs is not a string"),
        ("[tool.skillsets\n", "pyproject.toml: cannot be read: "),
        ("tool = 3\n", "pyproject.toml: tool.skillsets.docs is not a string"),
    ],
)
def test_a_wrong_pyproject(layout: Layout, text: str, message: str):
    (layout.root / "pyproject.toml").write_text(text)
    with pytest.raises(ProblemsFound) as found:
        docs_dir(layout)
    assert str(found.value).startswith(message)
