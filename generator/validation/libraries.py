"""The libraries that a type needs and this environment may not have; and what a result came from."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from generator.graph import tools

GUIDE = "docs/environments.md"
# Distributions whose version a result may depend on.
_TOLD = ("numpy", "pillow", "timm", "tokenizers", "torch", "torchaudio", "torchvision", "transformers")


def missing(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the libraries, by the name they are imported by, that are not installed."""
    return tuple(name for name in names if importlib.util.find_spec(name.replace("-", "_")) is None)


def reason(names: Iterable[str]) -> str:
    """Why nothing was run, for a person."""
    return f"needs {', '.join(names)}, not installed here; see {GUIDE}"


def environment() -> dict[str, str]:
    """Distribution → version, of those that are installed and that a result may depend on."""
    versions = {name: tools.version(name) for name in _TOLD}
    return {name: version for name, version in versions.items() if version != tools.ABSENT}
