"""The checks that every generated file passes before it is published, in one explicit list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from generator.errors import Problem
from generator.formatting import laid_out
from generator.naming import Layout
from generator.sanity import imports, lint, text
from generator.sanity.subject import GeneratedFile, Subject

__all__ = ["CHECKS", "GeneratedFile", "check"]

CHECKS: tuple[Callable[[Subject], Iterable[Problem]], ...] = (
    text.no_relative_imports,
    text.binds_each_name_once,
    text.no_trace_of_this_machine,
    text.no_time_or_random_value,
    lint.passes_the_projects_rules,
    lint.is_formatted,
    imports.imports_and_offers,
)


def check(files: Mapping[Path, GeneratedFile], layout: Layout) -> list[Problem]:
    """Everything wrong with the files, keyed by their path below the root; the tree is not touched.

    A file that does not compile is reported for that alone. Subprocesses serve all files at once:
    hand in many.
    """
    broken = {path: problem for path, file in files.items() if (problem := text.syntax_error(file))}
    sound = {path: file for path, file in files.items() if path not in broken}
    found = [*broken.values(), *_check_all(sound, layout)]
    return sorted(found, key=lambda problem: (problem.path, problem.line or 0, problem.message))


def _check_all(files: Mapping[Path, GeneratedFile], layout: Layout) -> list[Problem]:
    if not files:
        return []
    sources = {path: file.text for path, file in files.items()}
    with laid_out(sources, layout.root / "pyproject.toml") as folder:
        subject = Subject(files, folder, layout)
        return [problem for one in CHECKS for problem in one(subject)]
