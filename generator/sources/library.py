"""The folder of docs pages, and which page is about a model type."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from generator.sources import docs
from generator.sources.docs import DocsPage

_AUTODOC = re.compile(r"^\s*\[\[autodoc\]\]\s*(?:\w+\.)*(\w+)(?:\s+-\s+\w+)*\s*$", re.MULTILINE)


class Library:
    """The pages of a `model_doc` folder; each is parsed when it is asked for."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._pages: dict[str, DocsPage] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(path.stem for path in self.folder.glob("*.md") if path.is_file()))

    def page(self, name: str) -> DocsPage:
        """A page by name; raises `ProblemsFound` where it cannot be read."""
        if name not in self._pages:
            self._pages[name] = docs.read(self.folder / f"{name}.md")
        return self._pages[name]

    def page_about(self, model_type: str, package: str, config_class: str | None) -> DocsPage | None:
        """The page of a model type, or None.

        Best is a page that is named like the type; then one that documents its config class, above all if it
        is named like the package.
        """
        documenting = self._documenting.get(config_class or "", ())
        like_type, like_package = self._named(model_type), self._named(package)
        both = (name for name in like_package if name in documenting)
        best = next(iter((*like_type, *both, *documenting, *like_package)), None)
        return self.page(best) if best else None

    def _named(self, name: str) -> tuple[str, ...]:
        return tuple(page for page in self.names if _plain(page) == _plain(name))

    @cached_property
    def _documenting(self) -> dict[str, tuple[str, ...]]:
        """Class name → the pages that document it, by a look at their text: parsing is for pages in use."""
        found: dict[str, list[str]] = {}
        for name in self.names:
            for class_name in sorted(set(_AUTODOC.findall(_text(self.folder / f"{name}.md")))):
                found.setdefault(class_name, []).append(name)
        return {class_name: tuple(names) for class_name, names in found.items()}


def _text(path: Path) -> str:
    """The text of a page as far as it can be read: `docs.read` tells what is wrong with it, if it is used."""
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _plain(name: str) -> str:
    """`data2vec-audio` and `data2vec_audio` are one name."""
    return re.sub(r"[-_.]", "", name).lower()
