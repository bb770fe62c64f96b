"""The Jinja environment: safe values only, errors with file and line, what a template reaches."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import (
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.runtime import Undefined
from jinja2.utils import missing

from generator.errors import Problem, ProblemsFound, did_you_mean
from generator.safe_code import FILTERS, Code, UnsafeValue, require_code

SUFFIX = ".j2"
_REFERENCES = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
_VERBS = {nodes.Extends: "extends", nodes.Include: "includes"}
_FILTER_HINT = "end the expression in one of: " + ", ".join(f"| {name}" for name in sorted(FILTERS))


class _Undefined(StrictUndefined):
    """Strict, and names the nearest attribute when one was misspelt."""

    @property
    def _undefined_message(self) -> str:
        message = super()._undefined_message
        if self._undefined_obj is missing or self._undefined_name is None:
            return message
        hint = did_you_mean(str(self._undefined_name), _attributes(self._undefined_obj))
        return f"{message}; {hint}" if hint else message


def _attributes(value: Any) -> list[str]:
    names = value if isinstance(value, Mapping) else dir(value)
    return [str(name) for name in names if not str(name).startswith("_")]


class _CheckedOutput(CodeGenerator):
    """Two tags print without asking `finalize`; there is no other way around it."""

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> NoReturn:
        self.fail("a filter block prints what nothing checks", node.lineno)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> NoReturn:
        self.fail("a call block prints what nothing checks", node.lineno)


class CodeEnvironment(Environment):
    """What a macro, a block or a template returns was checked piece by piece, so it is code."""

    code_generator_class = _CheckedOutput
    concat = staticmethod(lambda parts: Code("".join(parts)))


def _finalize(value: Any) -> Code:
    """Every `{{ … }}` ends here. An undefined value speaks for itself; any other must be code."""
    if isinstance(value, Undefined):
        str(value)
    return require_code(value)


@dataclass(frozen=True)
class Reference:
    """A template that another one extends, includes or imports, and the line that says so."""

    line: int
    verb: str
    target: str


class Renderer:
    """Renders the templates of one folder; compiles each of them once."""

    environment_class: type[CodeEnvironment] = CodeEnvironment

    def __init__(self, folder: Path):
        self._folder = folder
        self._environment = self.environment_class(
            loader=FileSystemLoader(folder),
            undefined=_Undefined,
            finalize=_finalize,
            autoescape=False,
            auto_reload=False,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters.update(FILTERS)
        self.references = cache(self._read_references)

    def render(self, name: str, context: Mapping[str, Any]) -> Code:
        """The text of one template. Raises `ProblemsFound`, at its line, for any mistake in it."""
        try:
            return self._environment.get_template(name).render(context)
        except ProblemsFound:
            raise
        except Exception as error:
            raise ProblemsFound([self._problem(error, name, context)]) from error

    def reached(self, name: str) -> frozenset[str]:
        """The template itself and all that it extends, includes or imports, directly or not."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(reference.target for reference in self.references(current))
        return frozenset(found)

    def lint(self) -> list[Problem]:
        """What is wrong with any template of the folder, rendered by something or not."""
        names = self._environment.list_templates(filter_func=lambda name: name.endswith(SUFFIX))
        return [problem for name in names for problem in self._lint_one(name)]

    def _lint_one(self, name: str) -> list[Problem]:
        try:
            self._environment.get_template(name)
            self.reached(name)
        except ProblemsFound as found:
            return list(found.problems)
        except (TemplateError, UnicodeDecodeError) as error:
            return [self._problem(error, name, {})]
        return []

    def _read_references(self, name: str) -> tuple[Reference, ...]:
        """What a template itself extends, includes or imports."""
        try:
            source, filename, _ = self._environment.loader.get_source(self._environment, name)
            tree = self._environment.parse(source, name, filename)
        except (TemplateError, UnicodeDecodeError) as error:
            raise ProblemsFound([self._problem(error, name, {})]) from error
        return tuple(self._static_references(name, tree))

    def _static_references(self, name: str, tree: nodes.Template) -> Iterator[Reference]:
        for node in tree.find_all(_REFERENCES):
            target = getattr(node.template, "value", None)
            if not isinstance(target, str):
                self._refuse(
                    name,
                    node.lineno,
                    "the template's name is computed",
                    "write it as one plain string",
                )
            if not (self._folder / target).is_file():
                self._refuse(name, node.lineno, f'no template "{target}"', self._nearest_template(target))
            yield Reference(node.lineno, _VERBS.get(type(node), "imports"), target)

    def _refuse(self, name: str, line: int, message: str, hint: str | None) -> None:
        raise ProblemsFound([Problem(self._shown(name), line, message, hint)])

    def _problem(self, error: Exception, name: str, context: Mapping[str, Any]) -> Problem:
        """Where in which template an error arose; one from outside any is ours, and stays."""
        if isinstance(error, TemplateSyntaxError):
            message, hint = (
                error.message or "syntax error",
                self._nearest_filter(error.message or ""),
            )
            return Problem(self._shown(error.name or name), error.lineno, message, hint)
        where, line = self._innermost(error) or (name, None)
        if line is None and not isinstance(error, (TemplateNotFound, UnicodeDecodeError)):
            raise error
        return Problem(self._shown(where), line, *self._explained(error, context))

    def _explained(self, error: Exception, context: Mapping[str, Any]) -> tuple[str, str | None]:
        if isinstance(error, TemplateNotFound):
            return f'no template "{error.name}"', self._nearest_template(str(error.name))
        if isinstance(error, UnicodeDecodeError):
            return "the file is not UTF-8", "save it as UTF-8"
        if isinstance(error, UndefinedError):
            message = str(error)
            return message, did_you_mean(message.split("'")[1], [*context, *self._environment.globals])
        if isinstance(error, UnsafeValue):
            return str(error), _FILTER_HINT if "would be printed" in str(error) else None
        return f"{type(error).__name__}: {error}", None

    def _innermost(self, error: Exception) -> tuple[str, int] | None:
        """The template line that was running: Jinja puts template frames into the traceback."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            path = Path(frame.filename)
            if path.is_relative_to(self._folder) and frame.lineno is not None:
                return path.relative_to(self._folder).as_posix(), frame.lineno
        return None

    def _nearest_filter(self, message: str) -> str | None:
        if not message.startswith("No filter named"):
            return None
        return did_you_mean(message.split("'")[1], self._environment.filters)

    def _nearest_template(self, name: str) -> str | None:
        return did_you_mean(name, self._environment.list_templates())

    def _shown(self, name: str) -> str:
        return f"{self._folder.name}/{name}"
