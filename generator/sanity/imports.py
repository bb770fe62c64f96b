"""Imports every file in a fresh process, and asks the module what it offers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from generator.errors import Problem
from generator.sanity import probe
from generator.sanity.subject import GeneratedFile, Subject
from skillset_runtime.convention import factory_name

CONSTANTS = ("MODEL_ID", "ARCHITECTURE", "TASK_TYPE")
METHODS = ("__init__", "init", "__test__")
TIMEOUT_S = 120


def imports_and_offers(subject: Subject) -> Iterator[Problem]:
    """One interpreter for all; one that a file takes down is replaced for those after that file.

    Skillsets alone: a test needs torch, seconds to import, and is imported to be run in the next step.
    """
    waiting = [path for path, file in subject.files.items() if file.facts.skillset_class]
    while waiting:
        answers, ending = _probe(subject, waiting)
        for path, answer in zip(waiting, answers, strict=False):
            for line, message in answer:
                yield subject.files[path].problem(line, message)
        if len(answers) < len(waiting):
            yield subject.files[waiting[len(answers)]].problem(None, f"importing it {ending}")
        waiting = waiting[len(answers) + 1 :]


def _probe(subject: Subject, paths: list[Path]) -> tuple[list[list[tuple[int | None, str]]], str]:
    """What the probe said of each file, in order, until it ended; and how it ended."""
    questions = "".join(json.dumps(_question(path, subject.files[path])) + "\n" for path in paths)
    command = [sys.executable, "-P", "-B", probe.__file__, str(subject.layout.root)]
    try:
        done = subprocess.run(
            command,
            cwd=subject.folder,
            input=questions,
            timeout=TIMEOUT_S,
            capture_output=True,
            text=True,
        )
        output, ending = done.stdout, f"ended the interpreter with exit code {done.returncode}"
    except subprocess.TimeoutExpired as error:
        output, ending = (error.stdout or b"").decode(), f"takes more than {TIMEOUT_S} s"
    return [json.loads(line) for line in output.splitlines()], ending


def _question(path: Path, file: GeneratedFile) -> dict[str, object]:
    offered = [*METHODS, *(factory_name("cpu", task) for task in file.facts.tasks)]
    return {
        "path": str(path),
        "class_name": file.facts.skillset_class,
        "constants": CONSTANTS,
        "methods": offered,
    }
