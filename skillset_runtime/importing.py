"""Skillsets from their files, as hosts load them: by path, as no package holds them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from skillset_runtime.errors import SkillsetError


def load_by_path(path: Path) -> ModuleType:
    """The module in a file; raises `SkillsetError` where there is none."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SkillsetError(f"{path} is no skillset")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def skillset_class(path: Path) -> type:
    """The skillset in a file, which has the file's name; raises `SkillsetError` where there is none."""
    found = getattr(load_by_path(path), path.stem, None)
    if not isinstance(found, type):
        raise SkillsetError(f"{path} has no skillset {path.stem}")
    return found
