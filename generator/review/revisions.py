"""Git, as far as a review needs it: what changed since a revision, and a revision as a folder of its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from generator.errors import Problem, ProblemsFound
from generator.naming import Layout


@contextmanager
def folder_of(layout: Layout, revision: str) -> Iterator[Layout]:
    """The files of a revision in a temporary folder; neither the working tree nor the index is touched."""
    commit = commit_of(layout, revision)
    prefix = _git(layout, "rev-parse", "--show-prefix").strip()
    repository = _git(layout, "rev-parse", "--absolute-git-dir").strip()
    with tempfile.TemporaryDirectory(prefix="revision-") as name:
        files = Path(name, "files")
        files.mkdir()
        variables = {"GIT_DIR": repository, "GIT_WORK_TREE": str(files), "GIT_INDEX_FILE": f"{name}/index"}
        there = Layout(files)
        _git(there, "read-tree", f"{commit}:{prefix}", variables=variables)
        # A link would lead out of the folder: it becomes a file with the name that it points to.
        _git(there, "-c", "core.symlinks=false", "checkout-index", "--all", "--quiet", variables=variables)
        yield there


def commit_of(layout: Layout, revision: str) -> str:
    """The hash of the commit that a revision names. Raises `ProblemsFound` where it names none."""
    inside = _run(layout, ("rev-parse", "--is-inside-work-tree"))
    if inside.stdout.strip() != "true":
        raise _problem(".", _complaint(inside) or "not a git checkout", "run this in a git checkout")
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    found = _run(layout, arguments)
    if found.returncode:
        shallow = _git(layout, "rev-parse", "--is-shallow-repository").strip() == "true"
        hint = "the clone is shallow: `git fetch --unshallow` brings the rest" if shallow else None
        raise _problem(f"revision {revision!r}", "git knows no such commit", hint or "see `git log --all`")
    return found.stdout.strip()


def changed(layout: Layout, old: str, new: str | None = None) -> list[str]:
    """The files that differ between two commits, or a commit and the working tree, sorted.

    Files that git ignores never count; files that it does not know yet do.
    """
    options = ("--no-ext-diff", "--no-renames", "--name-only", "--relative", "-z")
    listed = _git(layout, "diff", *options, old, *([new] if new else []), "--")
    untracked = "" if new else _git(layout, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({path for path in (listed + untracked).split("\0") if path})


def _git(layout: Layout, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
    done = _run(layout, arguments, variables)
    if done.returncode:
        raise _problem(f"git {arguments[0]}", _complaint(done) or f"ended with exit code {done.returncode}")
    return done.stdout


def _run(
    layout: Layout, arguments: tuple[str, ...], variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    # In C, so that messages are the same everywhere; without optional locks, so that nothing is written.
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", **(variables or {})}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=layout.root,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError:
        raise _problem("git", "is not installed", "install it, or put it on the PATH") from None


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join(done.stderr.split())


def _problem(where: str, message: str, hint: str | None = None) -> ProblemsFound:
    return ProblemsFound([Problem(where, None, message, hint)])
