"""What the transforms, and the checks after them, know about the file in hand."""

from __future__ import annotations

from dataclasses import dataclass

from generator.code_overlay.parse import CodeOverlay


@dataclass(frozen=True)
class TransformFacts:
    """One generated file; `skillset_class` is absent where the file is not a skillset (a test)."""

    path: str
    template: str
    skillset_class: str | None = None
    tasks: tuple[str, ...] = ()
    fragments: tuple[tuple[str, str], ...] = ()
    """The handler classes of a skillset, each with the template that writes it."""
    overlay: CodeOverlay | None = None

    @property
    def hint(self) -> str:
        """Where a person mends what is wrong with the file."""
        overlay = f" and {self.overlay.path}" if self.overlay else ""
        return f"it is written by templates/{self.template}{overlay}"

    def template_of(self, class_name: str | None) -> str:
        """The template that writes a class of the file, or (None) the file around its classes."""
        return f"templates/{dict(self.fragments).get(class_name or '', self.template)}"
