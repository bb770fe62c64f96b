"""What the transforms, and the checks after them, know about the file in hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TransformFacts:
    """One generated file; `skillset_class` is absent where the file is not a skillset (a test)."""

    path: str
    template: str
    skillset_class: str | None = None
    tasks: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """Where a person mends what is wrong with the file."""
        return f"it is written by templates/{self.template}"
