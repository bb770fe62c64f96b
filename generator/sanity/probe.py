"""A program: imports the files named on standard input and answers what is wrong with each.

It runs in a fresh interpreter, from this file alone, so that a module must import what it needs.
A question and its answer are one line of JSON each.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAVY = ("torch", "transformers")


class HeavyImports:
    """Refuses the heavy libraries while a skillset is loaded: they are for `init`."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in HEAVY:
            self.refused.append(name)
            raise ImportError(f"importing it imports {name}, which only init() may do")


def main() -> None:
    """Answer line by line, so that the last answer tells which file ended the process."""
    sys.path.insert(0, sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a module prints is not an answer
    for line in sys.stdin.read().splitlines():
        question = json.loads(line)
        print(json.dumps(list(wrong_with(question))), file=answers)


def wrong_with(question: dict[str, Any]) -> Iterator[tuple[int | None, str]]:
    """Pairs of a line, if there is one, and a message."""
    guard = HeavyImports()
    if question["class_name"]:
        sys.meta_path.insert(0, guard)
    try:
        module = load(question["path"])
    except BaseException as error:
        yield line_in(error, question["path"]), f"does not import: {type(error).__name__}: {error}"
        return
    finally:
        if guard in sys.meta_path:
            sys.meta_path.remove(guard)
    yield from ((None, f"importing it tries to import {name}") for name in guard.refused)
    if question["class_name"]:
        yield from not_offered(module, question)


def load(path: str) -> Any:
    """As the host does it: from the path alone."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        sys.modules.pop(name, None)
    return module


def line_in(error: BaseException, path: str) -> int | None:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if Path(f.filename).absolute() == Path(path).absolute()]
    return lines[-1] if lines else None


def not_offered(module: Any, question: dict[str, Any]) -> Iterator[tuple[None, str]]:
    for name in question["constants"]:
        if not isinstance(getattr(module, name, None), str):
            yield None, f"offers no text {name}"
    owner = getattr(module, question["class_name"], None)
    if not isinstance(owner, type):
        yield None, f"has no class {question['class_name']}"
        return
    for name in question["methods"]:
        if not callable(getattr(owner, name, None)):
            yield None, f"{owner.__name__} has no method {name}"


if __name__ == "__main__":
    main()
