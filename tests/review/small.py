"""A checkout of a few model types in a temporary folder, for commands that run none of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator import commands, manifest
from generator.graph.keys import output_path
from generator.graph.prune import OUTPUTS
from generator.naming import Layout

REPOSITORY = Path(__file__).parents[2]
MODELS = ("bert", "vit")
_WHOLE = ("dodo.py", "pyproject.toml", "templates", "skillset_runtime")


@dataclass(frozen=True)
class Small:
    """As committed here, for a few model types."""

    root: Path

    @property
    def layout(self) -> Layout:
        return Layout(self.root)

    @classmethod
    def create(cls, root: Path, models: Sequence[str] = MODELS) -> Small:
        root.mkdir(parents=True)
        for name in _WHOLE:
            _copy(REPOSITORY / name, root / name)
        for folder in (REPOSITORY / "specs").iterdir():
            if folder.name not in ("models", "overlays", "aliases"):
                _copy(folder, root / "specs" / folder.name)
        small = cls(root)
        kinds = (Layout.model_spec, Layout.overlay, *OUTPUTS)
        for path in (output_path(kind, name) for kind in kinds for name in models):
            if (REPOSITORY / path).exists():
                _copy(REPOSITORY / path, root / path)
        small.sign()
        return small

    def sign(self) -> None:
        """As if this toolchain had written all that is there."""
        files = [path for path in self.layout.generated.rglob("*") if path.is_file()]
        signed = {
            path.relative_to(self.root).as_posix(): manifest.digest(path.read_bytes()) for path in files
        }
        self.layout.manifest.write_text(manifest.Manifest().settling(signed).text())

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that must be there."""
        text = (self.root / path).read_text()
        assert old in text, f"{old!r} is not in {path}"
        (self.root / path).write_text(text.replace(old, new))

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Every file but the cache's, with its time stamp."""
        files = (path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())
        return {
            path.relative_to(self.root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
            for path in files
            if ".cache" not in path.parts and "__pycache__" not in path.parts
        }

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command as a person does, and leave it running."""
        code = "import sys; from generator.graph.console_script import main; sys.exit(main())"
        more = {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", **environment}
        return subprocess.Popen(
            [sys.executable, "-c", code, *words],
            cwd=self.root,
            env={**os.environ, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def run(monkeypatch, small: Small, *words: str) -> int:
    """Run a command in this process, in the small checkout; its exit code."""
    monkeypatch.chdir(small.root)
    return commands.main(words)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
