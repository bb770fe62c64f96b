"""Parses what a person wrote in Python, so that a mistake is told with its line, in Python's own words."""

from __future__ import annotations

import ast

import libcst as cst

from generator.errors import Problem, ProblemsFound


def parsed(source: str, path: str, hint: str | None = None) -> cst.Module:
    """The syntax tree, with all that the text has. Raises `ProblemsFound` if there is none."""
    try:
        ast.parse(source)  # LibCST would list every token that it expected
        return cst.parse_module(source)
    except SyntaxError as error:
        problem = Problem(path, error.lineno, f"does not parse: {error.msg}", hint)
    except cst.ParserSyntaxError as error:
        problem = Problem(path, error.raw_line, f"does not parse: {error.message}", hint)
    except ValueError as error:
        problem = Problem(path, None, f"does not parse: {error}", hint)
    raise ProblemsFound([problem])
