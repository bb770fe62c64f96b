"""A copy of this checkout in a temporary folder, and doit run in it as a person runs it, on real models."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from generator import naming

REPOSITORY = Path(__file__).parents[2]
COPIED = ("dodo.py", "pyproject.toml", "generated", "generator", "skillset_runtime", "specs", "templates")


@dataclass(frozen=True)
class Checkout:
    """A copy at work; nothing done in it reaches the original."""

    root: Path

    @classmethod
    def copy(cls, root: Path, *models: str) -> Checkout:
        """A copy with some of the models, or all; tiny checkpoints that exist are shared to save time."""
        root.mkdir(parents=True)
        for name in COPIED:
            source = REPOSITORY / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, root / name)
        checkout = cls(root)
        if models:  # the names in these lists lead to models that are left out
            shutil.rmtree(root / "specs" / "aliases")
            known = {path.stem for path in (root / "specs" / "models").glob("*.yaml")}
            checkout.forget(*known.difference(models))
        checkpoints = REPOSITORY / ".cache" / "checkpoints"
        if checkpoints.is_dir():
            shutil.copytree(checkpoints, root / ".cache" / "checkpoints")
        return checkout

    def knows(self, model: str) -> bool:
        """Whether there is a spec of a model."""
        return (self.root / "specs" / "models" / f"{model}.yaml").exists()

    def forget(self, *models: str) -> None:
        """Remove all that is known and generated of some models."""
        modules = {naming.identifier(model) for model in models}
        stems = {*models, *(f"hf_{name}" for name in modules), *(f"test_hf_{name}" for name in modules)}
        for path in (*self.root.glob("specs/*/*.yaml"), *self.root.glob("generated/*/*")):
            if path.stem in stems:
                path.unlink()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that must be there."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def doit(self, *words: str, timeout: float = 600, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run doit to its end."""
        return subprocess.run(
            [sys.executable, "-m", "doit", *words],
            cwd=self.root,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def environment(self, **more: str) -> dict[str, str]:
        """This copy's code comes before the installed one."""
        return {**os.environ, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1", **more}


def processes_in(folder: Path) -> list[str]:
    """The command lines of processes that work in a folder, or were told of it."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            cwd, command = (process / "cwd").readlink(), (process / "cmdline").read_bytes()
        except OSError:
            continue
        if cwd.is_relative_to(folder) or str(folder).encode() in command:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found
