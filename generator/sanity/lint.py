"""Checks by ruff, for all files at once: names, the project's rules, layout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from generator.errors import Problem
from generator.formatting import format_sources, ruff_failed, run_ruff
from generator.sanity.subject import Subject


def passes_the_projects_rules(subject: Subject) -> Iterator[Problem]:
    """The rules of the project's pyproject.toml, and pyflakes' whatever that says.

    But for the width of lines: the formatter breaks what can be broken, and what a spec says cannot.
    """
    selection = ["--extend-select", "F", "--ignore", "E501"]
    arguments = ["check", *selection, "--output-format", "json", "--quiet"]
    done = run_ruff(arguments, [path.as_posix() for path in subject.files], subject.folder)
    if done.returncode not in (0, 1):
        yield ruff_failed(done, subject.folder)
        return
    for finding in json.loads(done.stdout):
        path = Path(finding["filename"]).relative_to(subject.folder.resolve())
        message = f"{finding['code']} {finding['message']}"
        yield subject.files[path].problem(finding["location"]["row"], message)


def is_formatted(subject: Subject) -> Iterator[Problem]:
    """Formatting the file again changes nothing."""
    texts = {path: file.text for path, file in subject.files.items()}
    again = format_sources(texts, subject.layout.root / "pyproject.toml")
    for path, file in subject.files.items():
        if again[path] != file.text:
            yield file.problem(_first_difference(file.text, again[path]), "not formatted")


def _first_difference(one: str, other: str) -> int:
    pairs = zip_longest(one.splitlines(), other.splitlines())
    return next((number for number, (a, b) in enumerate(pairs, start=1) if a != b), 1)
