"""The only place where identifiers and output paths are made."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from pathlib import Path

_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""What Windows takes for a device, whatever it ends in."""
_NOT_IDENTIFIER = re.compile(r"\W", re.ASCII)


def identifier(name: str) -> str:
    """`data2vec-audio` → `data2vec_audio`: the model type or task as a part of a Python name."""
    return _NOT_IDENTIFIER.sub("_", name)


def is_safe_name(name: str) -> bool:
    """Whether a name from a spec can become part of a file name and of a Python identifier."""
    taken = keyword.iskeyword(name) or _DEVICE.fullmatch(name) or name.endswith(".")
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name)) and not taken


def skillset_name(model_type: str) -> str:
    """The name of a skillset's class and module: `hf_bert`."""
    return f"hf_{identifier(model_type)}"


def handler_class(task: str) -> str:
    """`fill-mask` → `FillMask`: the class of a task's endpoint handler."""
    return "".join(part[:1].upper() + part[1:] for part in identifier(task).split("_"))


def family_template(folder: str, family: str) -> str:
    """The template of a family's files in `skillsets` or `tests`."""
    return f"{folder}/{family}.py.j2"


def task_template(folder: str, template: str) -> str:
    """The fragment that serves a task in one way, in `skillsets` or `tests`."""
    return f"{folder}/tasks/{template}.py.j2"


@dataclass(frozen=True)
class Layout:
    """Where things are in a checkout; every path that the toolchain reads or writes comes from here."""

    root: Path

    @property
    def specs(self) -> Path:
        return self.root / "specs"

    @property
    def templates(self) -> Path:
        return self.root / "templates"

    @property
    def generated(self) -> Path:
        return self.root / "generated"

    @property
    def manifest(self) -> Path:
        """The digests of what the toolchain last wrote below `generated/`."""
        return self.generated / "SHA256SUMS"

    @property
    def cache(self) -> Path:
        """Everything that can be deleted at no loss but time: state, checkpoints, logs, results."""
        return self.root / ".cache"

    @property
    def schemas(self) -> Path:
        """JSON Schemas, for editors."""
        return self.specs / "schemas"

    def model_spec(self, model_type: str) -> Path:
        return self.specs / "models" / f"{model_type}.yaml"

    def overlay(self, model_type: str) -> Path:
        return self.specs / "overlays" / f"{model_type}.yaml"

    def code_overlay(self, model_type: str) -> Path:
        """The hand-written part of a skillset's code."""
        return self.specs / "overlays" / f"{model_type}.py"

    def family(self, name: str) -> Path:
        return self.specs / "families" / f"{name}.yaml"

    def task(self, name: str) -> Path:
        return self.specs / "tasks" / f"{name}.yaml"

    def hardware(self, name: str) -> Path:
        return self.specs / "hardware" / f"{name}.yaml"

    @property
    def targets(self) -> Path:
        """The facts of specs/hardware/ as the runtime has them."""
        return self.root / "skillset_runtime" / "targets.py"

    def precision(self, name: str) -> Path:
        return self.specs / "precisions" / f"{name}.yaml"

    def skillset(self, model_type: str) -> Path:
        return self.generated / "skillsets" / f"{skillset_name(model_type)}.py"

    def bundle(self, model_type: str) -> Path:
        """The skillset in one file with what it uses of the runtime (not committed: it says nothing new)."""
        return self.cache / "bundles" / f"{skillset_name(model_type)}.py"

    def test(self, model_type: str) -> Path:
        return self.generated / "tests" / f"test_{skillset_name(model_type)}.py"

    def expectations(self, model_type: str) -> Path:
        return self.generated / "expectations" / f"{model_type}.yaml"

    def requirements(self, model_type: str) -> Path:
        return self.generated / "requirements" / f"{model_type}.yaml"

    def matrix(self, model_type: str) -> Path:
        """What the generated test came to on each target in each precision."""
        return self.generated / "matrix" / f"{model_type}.yaml"

    @property
    def matrix_page(self) -> Path:
        """What the matrix holds, counted."""
        return self.generated / "docs" / "matrix.md"

    def cell(self, model_type: str, target: str, precision: str) -> Path:
        """The result of the last run on a target (not committed: it holds timings)."""
        return self.cache / "matrix" / model_type / f"{target}-{precision}.json"

    def vacuity(self, model_type: str) -> Path:
        """What became of the mutants of a skillset (not committed: a summary of all is)."""
        return self.cache / "vacuity" / f"{model_type}.json"

    @property
    def mutants_page(self) -> Path:
        """What became of the mutants of the types that were looked at."""
        return self.generated / "docs" / "vacuity.md"

    @property
    def report(self) -> Path:
        """The verdicts of this machine as a page (not committed: it holds timings)."""
        return self.cache / "report.html"

    def verdict(self, model_type: str) -> Path:
        """The result of the last validation on this machine (not committed: it holds timings)."""
        return self.cache / "verdicts" / f"{model_type}.json"
