"""Real Python to try things on: the standard library and the installed packages."""

from __future__ import annotations

import ast
import hashlib
import sysconfig
import warnings
from pathlib import Path


def real_files() -> list[Path]:
    """Every Python file there is, in an order that is the same wherever they are installed."""
    homes = {Path(sysconfig.get_path(kind)) for kind in ("stdlib", "purelib")}
    return sorted(
        {path for home in homes for path in home.rglob("*.py") if path.is_file()},
        key=lambda path: (_key(path), path),
    )


def share(path: Path) -> str:
    """What a file is for: half of them to learn from, a quarter to tune by, and a quarter to measure with."""
    digit = hashlib.sha256(_key(path).encode()).digest()[0] % 4
    return ("measure", "learn", "tune", "learn")[digit]


def parsed(path: Path) -> str | None:
    """The text of a file that parses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = path.read_bytes().decode("utf-8")
            ast.parse(text)
    except (UnicodeDecodeError, SyntaxError, ValueError, RecursionError):
        return None
    return text


def _key(path: Path) -> str:
    return "/".join(path.parts[path.parts.index(f"python{sysconfig.get_python_version()}") :])
