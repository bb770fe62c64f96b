"""Pages for people, from templates under `templates/docs/`: whatever a value holds, it is text in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def render(templates: Path, name: str, context: Mapping[str, Any]) -> str:
    """The text of an HTML page; every value is escaped."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"docs/{name}.j2").render(context)
