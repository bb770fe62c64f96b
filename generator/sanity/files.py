"""Repairs files where they lie: read as Python reads them, written whole or not at all."""

from __future__ import annotations

import codecs
import io
import os
import tokenize
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from generator.errors import Problem, ProblemsFound
from generator.naming import Layout
from generator.publish import publish
from generator.sanity.repair import Change, Repaired, repair

_BATCH = 100
_SUFFIXES = (".py", ".pyi")


@dataclass(frozen=True)
class File:
    """A file as it was, and as it could be."""

    path: Path
    before: str
    encoding: str
    repaired: Repaired

    @property
    def is_changed(self) -> bool:
        return self.repaired.text != self.before


def python_files(paths: Iterable[Path], recursive: bool) -> tuple[list[Path], list[Problem]]:
    """The files that are named, and those in the folders that are; and the paths that are neither."""
    found: dict[Path, None] = {}
    problems = []
    for path in paths:
        if path.is_dir():
            found |= dict.fromkeys(sorted(_in_folder(path, recursive)))
        elif path.is_file():
            found[path] = None
        else:
            message = "is no file and no folder" if path.exists() else "does not exist"
            problems.append(Problem(str(path), None, message))
    return list(found), problems


def _in_folder(folder: Path, recursive: bool) -> Iterator[Path]:
    """Links and hidden folders are not followed: what is there may be anybody's."""
    for home, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if recursive and not name.startswith((".", "__pycache__"))]
        for name in names:
            path = Path(home, name)
            if name.endswith(_SUFFIXES) and path.is_file() and not path.is_symlink():
                yield path


def look(paths: Sequence[Path]) -> Iterator[File | Problem]:
    """What each file could be, in order, or why that cannot be told. No file is touched."""
    waiting = iter(paths)
    while batch := list(islice(waiting, _BATCH)):
        read = [_read(path) for path in batch]
        texts = [one.before for one in read if isinstance(one, File)]
        repaired = iter(repair(texts))
        for one in read:
            yield one if isinstance(one, Problem) else _with_compiler(replace(one, repaired=next(repaired)))


def write(file: File) -> None:
    """Bring a file to its repaired text; its mode, encoding and line ends stay. Raises `ProblemsFound`."""
    target = file.path.resolve()
    if not os.access(target, os.W_OK):
        raise ProblemsFound([Problem(str(file.path), None, "is read-only, so it is as it was")])
    now = _read(file.path)
    if isinstance(now, Problem) or now.before != file.before:
        hint = "run this again"
        raise ProblemsFound([Problem(str(file.path), None, "changed while it was repaired", hint)])
    try:
        publish({target: file.repaired.text.encode(file.encoding)}, Layout(target.parent))
    except ProblemsFound as found:
        raise ProblemsFound([_of_file(problem, file.path) for problem in found.problems]) from found


def _of_file(problem: Problem, path: Path) -> Problem:
    hint = problem.hint and problem.hint.replace('"."', f'"{path.parent}"')
    return replace(problem, path=str(path), hint=hint)


def _read(path: Path) -> File | Problem:
    """A file, decoded as Python decodes it."""
    try:
        content = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except OSError as error:
        return Problem(str(path), None, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(str(path), line, f"is not {error.encoding}", "save it as UTF-8")
    except SyntaxError as error:
        return Problem(str(path), 1, str(error.msg), "save it as UTF-8")
    if content.startswith(codecs.BOM_UTF8) and text.startswith("\ufeff"):
        encoding, text = "utf-8-sig", text[1:]
    return File(path, text, encoding, Repaired(text, (), ()))


def _with_compiler(file: File) -> File:
    """With what the compiler alone finds wrong, such as a `return` outside of a function."""
    if file.repaired.left:
        return file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(file.repaired.text, str(file.path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        wrong = Change(line, getattr(error, "msg", None) or str(error))
        return replace(file, repaired=replace(file.repaired, left=(wrong,)))
    return file
