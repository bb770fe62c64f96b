"""What a person sets: where the docs pages are, by option, environment or pyproject.toml, in this order."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from generator.errors import Problem, ProblemsFound
from generator.naming import Layout

DOCS_VARIABLE = "SKILLSET_DOCS"
_PAGES = ("", "model_doc", "docs/source/en/model_doc", "source/en/model_doc", "en/model_doc")
_HINT = "name the folder of the Hugging Face model_doc pages, or the checkout that has it"


def docs_dir(layout: Layout, option: str | None = None) -> Path | None:
    """The folder of `model_doc/*.md` pages, or None where none is set.

    The setting names that folder or a checkout of the docs. Raises `ProblemsFound` where it names neither.
    """
    for where, value, base in (
        ("option docs", option, Path.cwd()),
        (f"environment {DOCS_VARIABLE}", os.environ.get(DOCS_VARIABLE), Path.cwd()),
        ("pyproject.toml", _configured(layout), layout.root),
    ):
        if value:
            return _pages(base / Path(value).expanduser(), where, value)
    return None


def _pages(folder: Path, where: str, value: str) -> Path:
    for inner in _PAGES:
        candidate = folder / inner
        if candidate.is_dir() and any(candidate.glob("*.md")) and (inner or _has_pages(candidate)):
            return candidate
    reason = "has no model_doc pages" if folder.is_dir() else "is not a folder"
    raise ProblemsFound([Problem(where, None, f'docs folder "{value}" {reason}', _HINT)])


def _has_pages(folder: Path) -> bool:
    """A checkout has Markdown at its root too (a README): pages are told by the name or by what they hold."""
    return folder.name == "model_doc" or any("[[autodoc]]" in _text(path) for path in folder.glob("*.md"))


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def _configured(layout: Layout) -> str | None:
    """`[tool.skillsets] docs = "…"` in the project's pyproject.toml."""
    file = layout.root / "pyproject.toml"
    if not file.is_file():
        return None
    try:
        docs: Any = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProblemsFound([Problem("pyproject.toml", None, f"cannot be read: {error}")]) from error
    for key in ("tool", "skillsets", "docs"):
        docs = docs.get(key, {}) if isinstance(docs, dict) else docs
    if docs and not isinstance(docs, str):
        raise ProblemsFound([Problem("pyproject.toml", None, "tool.skillsets.docs is not a string", _HINT)])
    return docs or None
