"""The generated code that a code overlay was written against, from git: it tells what changed since.

Nothing depends on it. Where git does not know, a conflict is told without it.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import libcst as cst

from generator.code_overlay import scopes
from generator.code_overlay.parse import CodeOverlay, Entry
from generator.code_overlay.pins import pin_of
from generator.errors import ProblemsFound
from generator.naming import Layout

_DECIDING = ("pyproject.toml", "specs", "templates", "generated/requirements")


def pinned_text(layout: Layout, model_type: str, overlay: CodeOverlay, entry: Entry) -> str | None:
    """What the templates wrote when the overlay was committed, or write in HEAD: whichever is pinned."""
    for revision in (_git(layout.root, "log", "-1", "--format=%H", "--", overlay.path), b"HEAD"):
        text = _written_at(layout, revision.decode().strip(), model_type) if revision.strip() else None
        node = _found(text, entry) if text else None
        if node is not None and pin_of(node) == entry.pin:
            return scopes.code_of(node)
    return None


def _found(text: str, entry: Entry) -> cst.BaseStatement | None:
    statements = scopes.scopes(cst.parse_module(text)).get(entry.owner, ())
    node = scopes.named(statements).get(entry.name)
    return node if isinstance(node, cst.FunctionDef) else None


@cache
def _written_at(layout: Layout, revision: str, model_type: str) -> str | None:
    """A skillset as the specs and templates of a revision write it, without its code overlay."""
    from generator.plan import write_skillset  # it asks for conflicts, which ask this

    archive = _git(layout.root, "archive", "--format=tar", revision, "--", *_DECIDING)
    if not archive:
        return None
    with tempfile.TemporaryDirectory(prefix="revision-") as folder:
        try:
            with tarfile.open(fileobj=io.BytesIO(archive)) as files:
                files.extractall(folder, filter="data")
            return write_skillset(Layout(Path(folder)), model_type).text
        except (ProblemsFound, tarfile.TarError):  # specs that this generator reads no more, say
            return None


def _git(root: Path, *words: str) -> bytes:
    git = shutil.which("git")
    done = git and subprocess.run([git, *words], cwd=root, capture_output=True, check=False)
    return done.stdout if done and done.returncode == 0 else b""
