"""The key of a task: everything that decides its output, in parts that say why it has to run again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from generator.graph import tools
from generator.graph.closure import code_digest, module_files, settings_digest, template_files
from generator.graph.facts import FileFacts, digest_of
from generator.graph.models import Model
from generator.graph.steps import Output, Step
from generator.naming import Layout

_RELATIVE = Layout(Path())


def outputs(paths: tuple[Output, ...], model: Model) -> tuple[str, ...]:
    """Paths of a model's generated files, relative to the root."""
    return tuple(output_path(path, model.name) for path in paths)


@cache
def output_path(path: Output, model_type: str) -> str:
    """One generated file, relative to the root; asked for so often that making `Path`s would show."""
    return path(_RELATIVE, model_type).as_posix()


def task_name(step: Step, model: Model) -> str:
    """`generate:bert`: what a person types after `doit`."""
    return f"{step.name}:{model.name}"


class Keys:
    """Makes keys from what is on disk; what models and steps share is looked at once."""

    def __init__(self, facts: FileFacts, code: FileFacts | None = None):
        """`code` are those of the toolchain that runs, where it is not the checkout's own."""
        self._facts = facts
        self._code = code or facts
        self._digests: dict[tuple[str, ...], str] = {}
        self._modules: dict[str, tuple[str, ...]] = {}
        self._templates: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._parts: dict[str, dict[str, str]] = {}

    def of(self, step: Step, model: Model) -> dict[str, str]:
        """The key: the name of a part → its digest."""
        return {
            "inputs": self._now(outputs(step.reads, model)),
            "specs": self._shared(model.specs),
            "templates": self._shared(self._template_files(step, model)),
            **self._of_step(step),
        }

    def files(self, step: Step, model: Model) -> tuple[str, ...]:
        """Every file that a task of this step reads."""
        return (
            *outputs(step.reads, model),
            *model.specs,
            *self._template_files(step, model),
            *self._module_files(step),
        )

    def moved(self, step: Step, models: Iterable[Model]) -> list[str]:
        """What a step read for these models and is no longer what their keys say."""
        paths = {path for model in models for path in self.files(step, model)}
        own = paths.intersection(self._module_files(step))
        return [*self._facts.moved(sorted(paths - own)), *self._code.moved(sorted(own))]

    def texts(self, step: Step, model: Model) -> dict[str, str]:
        """What the parts of the key are digests of: a line for each file, tool or table of settings."""
        return {
            "inputs": self._listing(outputs(step.reads, model)),
            "specs": self._listing(model.specs),
            "templates": self._listing(self._template_files(step, model)),
            **self._texts_of_step(step),
        }

    def _of_step(self, step: Step) -> dict[str, str]:
        if step.name not in self._parts:
            texts = self._texts_of_step(step)
            self._parts[step.name] = {part: digest_of(text.encode()) for part, text in texts.items()}
        return self._parts[step.name]

    def _texts_of_step(self, step: Step) -> dict[str, str]:
        parts = {
            "code": [f"{path} {code_digest(self._code, path)}" for path in self._module_files(step)],
            "settings": [f"{tool} {settings_digest(self._facts, tool)}" for tool in step.settings],
            "tools": [version.replace("==", " ") for version in tools.versions(step.tools)],
        }
        return {part: "\n".join(lines) for part, lines in parts.items() if lines}

    def _shared(self, paths: tuple[str, ...]) -> str:
        """The digest of files that no task writes, so that it is the same for the whole run."""
        if paths not in self._digests:
            self._digests[paths] = self._now(paths)
        return self._digests[paths]

    def _now(self, paths: tuple[str, ...]) -> str:
        return digest_of(self._listing(paths).encode())

    def _listing(self, paths: tuple[str, ...]) -> str:
        return "\n".join([f"{path} {self._facts.digest(path)}" for path in paths])

    def _template_files(self, step: Step, model: Model) -> tuple[str, ...]:
        names = step.templates(model)
        if names not in self._templates:
            self._templates[names] = template_files(self._facts, "templates", names)
        return self._templates[names]

    def _module_files(self, step: Step) -> tuple[str, ...]:
        if step.name not in self._modules:
            self._modules[step.name] = module_files(self._code, step.entry_modules)
        return self._modules[step.name]
