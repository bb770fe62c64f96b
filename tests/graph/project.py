"""A checkout of the quick project in a temporary folder, and doit run in it as a person runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
QUICK = Path(__file__).parent / "quick_project"
PLUGINS = """\
[tool.doit.plugins.command]
run = "generator.graph.command:Run"
list = "generator.graph.command:List"
forget = "generator.graph.command:Forget"
prune = "generator.graph.delegates:prune"
why = "generator.graph.delegates:why"
"""
FAMILIES = {"text": ("alpha", "beta", "gamma"), "vision": ("delta", "epsilon")}
STEPS = ("tests", "reference", "generate", "validate")


@dataclass(frozen=True)
class Ran:
    """What a run of doit came to."""

    code: int
    out: str
    err: str
    executed: tuple[str, ...]

    def __str__(self) -> str:
        return f"exit {self.code}, executed {self.executed}\n{self.out}\n{self.err}"


@dataclass(frozen=True)
class Project:
    """A quick project at work."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> Project:
        """Five models of two families, whose templates extend one base."""
        project = cls(root)
        shutil.copytree(QUICK, root, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        project.write("pyproject.toml", PLUGINS)
        for folder in ("tests", "skillsets"):
            project.write(f"templates/{folder}/_base.py.j2", f"# the base of {folder}\n")
            for family in FAMILIES:
                text = f'{{% extends "{folder}/_base.py.j2" %}}\n# {folder} of {family}\n'
                project.write(f"templates/{folder}/{family}.py.j2", text)
        for family, models in FAMILIES.items():
            project.write(f"specs/families/{family}.yaml", f"name: {family}\n")
            for model in models:
                project.write(f"specs/models/{model}.yaml", f"family: {family}\n")
        return project

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def append(self, path: str, text: str) -> None:
        with (self.root / path).open("a") as file:
            file.write(text)

    def doit(self, *words: str, timeout: float = 60, **environment: str) -> Ran:
        """Run doit to its end."""
        before = len(self.executed())
        ended = subprocess.run(
            [sys.executable, "-m", "doit", *words],
            cwd=self.root,
            env=self._environment(environment),
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr, self.executed()[before:])

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start doit and leave it running, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "doit", *words],
            cwd=self.root,
            env=self._environment({}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def executed(self) -> tuple[str, ...]:
        log = self.root / "executed.log"
        return tuple(log.read_text().split()) if log.exists() else ()

    def tree(self) -> dict[str, bytes]:
        """Everything generated."""
        files = (path for path in (self.root / "generated").rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in sorted(files)}

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONSAFEPATH": "", **more}
