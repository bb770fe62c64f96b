"""What a Python sample of a docs page uses: tasks, classes, checkpoints. Parsed, never run."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass

_PROMPT = re.compile(r"^(?:>>>|\.\.\.)(?: |$)", re.MULTILINE)
# `organisation/name`, as on the Hub; samples also have folders and invented names, which this leaves out.
_CHECKPOINT = re.compile(r"(?!path/|your|my[-_/])[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_TASK = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_PIPELINE = "pipeline"
_LOADER = "from_pretrained"
_ATTEMPTS = 10


@dataclass(frozen=True)
class Use:
    """A call in a sample: `AutoModelForMaskedLM.from_pretrained("…")`, `pipeline("fill-mask", model="…")`."""

    line: int
    task: str | None = None
    class_name: str | None = None
    checkpoint: str | None = None


def uses(code: str, first_line: int) -> tuple[Use, ...]:
    """The calls that say something about a model, in the order of the page.

    A sample that does not parse is cut at its first broken line; what cannot be read gives nothing.
    """
    tree = _parse(textwrap.dedent(_without_prompts(code)))
    if tree is None:
        return ()
    constants = _constants(tree)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    found = (_use(node, constants, first_line) for node in calls)
    return tuple(sorted((use for use in found if use is not None), key=lambda use: use.line))


def _without_prompts(code: str) -> str:
    """An interactive session without its prompts; output becomes blank, so that line numbers stay right."""
    if not _PROMPT.search(code):
        return code
    return "\n".join(_input(line) for line in code.split("\n"))


def _input(line: str) -> str:
    # Pages mix prompts and plain lines: a plain line that is code by itself is kept.
    return _PROMPT.sub("", line) if _PROMPT.match(line) or not isinstance(_tree(line), int | None) else ""


def _parse(code: str) -> ast.Module | None:
    for _ in range(_ATTEMPTS):
        result = _tree(code)
        if isinstance(result, ast.Module):
            return result
        if result is None:
            return None
        code = "\n".join(code.split("\n")[: result - 1])
    return None


def _tree(code: str) -> ast.Module | int | None:
    """The syntax tree, or the number of the line that breaks it, or None where nothing can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a sample are not ours to report
            return ast.parse(code)
    except SyntaxError as error:
        return error.lineno if error.lineno and error.lineno > 1 else None
    except (ValueError, RecursionError, MemoryError):
        return None


def _constants(tree: ast.Module) -> dict[str, str]:
    """`model_id = "…"`: names that samples give to a checkpoint."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() as value)):
                found.setdefault(name, value)
    return found


def _use(node: ast.Call, constants: dict[str, str], first_line: int) -> Use | None:
    line = first_line + node.lineno - 1
    match node.func:
        case ast.Name(id=name) if name == _PIPELINE:
            return _pipeline(node, constants, line)
        case ast.Attribute(value=ast.Name(id=name), attr=method) if method == _LOADER and name[:1].isupper():
            argument = _argument(node, 0, "pretrained_model_name_or_path")
            return Use(line, class_name=name, checkpoint=_checkpoint(argument, constants))
    return None


def _pipeline(node: ast.Call, constants: dict[str, str], line: int) -> Use | None:
    """Samples may name the object `pipeline` too: then the first argument is a prompt, not a task."""
    task = _text(_argument(node, 0, "task"), constants)
    checkpoint = _checkpoint(_argument(node, 1, "model"), constants)
    if task is not None and not _TASK.fullmatch(task):
        return None
    return Use(line, task=task, checkpoint=checkpoint) if task or checkpoint else None


def _argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    named = (keyword.value for keyword in node.keywords if keyword.arg == name)
    positional = node.args[position] if len(node.args) > position else None
    return next(named, positional)


def _text(node: ast.expr | None, constants: dict[str, str]) -> str | None:
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.Name(id=name):
            return constants.get(name)
    return None


def _checkpoint(node: ast.expr | None, constants: dict[str, str]) -> str | None:
    text = _text(node, constants)
    return text if text and _CHECKPOINT.fullmatch(text) else None
