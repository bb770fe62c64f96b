"""Says of each line of a hand edit that no code overlay can keep where it belongs instead."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from generator.errors import Problem

# What a skillset shows of its spec, and the key that holds it; `{task}` is the task of the class around it.
_FACTS = {
    "MODEL_ID": "checkpoint",
    "TASK_TYPE": "default_task",
    "model_class": "tasks.{task}.model_class",
    "processor_class": "processors",
    "batch_size": "tasks.{task}.batching",
    "image_token": "placeholders",
    "unsupported": "unsupported",
    "handlers": "withheld",
}
_ASSIGNED = re.compile(r"\s*(\w+)\s*(?::[^=]+)?=(?!=)")
_OTHERS = {
    "generated/tests/": "a test says what must be true, from its spec and templates/tests/; change those",
    "generated/expectations/": "expectations are what the reference answered: doit reference:<model>",
    "generated/requirements/": "requirements are read off the expectations: doit reference:<model>",
    "generated/skillsets/": "no spec owns it: doit prune",
}


def other_file(path: str) -> Problem:
    """Why a file that is no model type's skillset cannot be adopted."""
    hints = (hint for folder, hint in _OTHERS.items() if path.startswith(folder))
    hint = next(hints, "give the skillset of a model type: generated/skillsets/hf_<model_type>.py")
    return Problem(path, None, "is no skillset, and only those can have a code overlay", hint)


def problems(source: str, hand: str, kept: str, path: str, model_type: str) -> Iterator[Problem]:
    """What an overlay would not keep: where the edited file and the one generated with it differ.

    `source` is the edited file as it lies there, `hand` the same in the toolchain's layout.
    """
    mine, theirs = hand.splitlines(), kept.splitlines()
    numbers = _Numbers(source, hand)
    whole = _Lines(hand, model_type)
    # A blank line is the formatter's and nobody's edit, but for one within a text.
    only_layout = ast.dump(ast.parse(hand)) == ast.dump(ast.parse(kept))
    matcher = difflib.SequenceMatcher(None, theirs, mine, autojunk=False)
    for tag, old, old_end, start, end in matcher.get_opcodes():
        changed = [*theirs[old:old_end], *mine[start:end]]
        if tag == "equal" or (only_layout and not any(map(str.strip, changed))):
            continue
        line = next((number for number in range(start, end) if mine[number].strip()), start)
        lost = next((theirs[number] for number in range(old, old_end) if theirs[number].strip()), "")
        shown = mine[line].strip() if start < end else lost.strip()
        verb = "cannot be kept" if start < end else "cannot be taken out"
        yield Problem(path, numbers.of(line), f"`{shown}` {verb} by a code overlay", whole.hint(line, shown))


@dataclass(frozen=True)
class _Numbers:
    """From lines of the tidied file to those of the file as it lies there."""

    source: str
    hand: str

    def of(self, line: int) -> int:
        matcher = difflib.SequenceMatcher(
            None, self.hand.splitlines(), self.source.splitlines(), autojunk=False
        )
        for block in matcher.get_matching_blocks():
            if line < block.a + block.size:
                return max(block.b, block.b + line - block.a) + 1
        return len(self.source.splitlines())


@dataclass(frozen=True)
class _Lines:
    """What the lines of a tidied skillset belong to."""

    hand: str
    model_type: str

    def hint(self, line: int, shown: str) -> str:
        node = self._around(line + 1)
        match = _ASSIGNED.match(shown)
        overlay = f"specs/overlays/{self.model_type}.yaml"
        if line < self._body_starts:
            return f"the header tells where the file comes from; facts such as the title are set in {overlay}"
        if match and match[1] in _FACTS:
            return f"it is a fact: set {_FACTS[match[1]].format(task=self._task(node))} in {overlay}"
        if isinstance(node, ast.ClassDef) and self._in_docstring(node, line + 1):
            return "what a task says of itself is in specs/tasks/, for every model type"
        if match:
            return (
                "a new assignment goes right before the first definition; others are the templates' to change"
            )
        return "an overlay adds, replaces and wraps definitions; change the templates for all else"

    @property
    def _body_starts(self) -> int:
        tree = ast.parse(self.hand)
        return tree.body[0].end_lineno if tree.body and ast.get_docstring(tree) else 0

    def _around(self, number: int) -> ast.ClassDef | None:
        classes = (node for node in ast.parse(self.hand).body if isinstance(node, ast.ClassDef))
        return next((node for node in classes if node.lineno <= number <= node.end_lineno), None)

    @staticmethod
    def _in_docstring(node: ast.ClassDef, number: int) -> bool:
        return ast.get_docstring(node) is not None and number <= node.body[0].end_lineno

    @staticmethod
    def _task(node: ast.ClassDef | None) -> str:
        for part in node.body if node else ():
            if isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == "task":
                return str(getattr(part.value, "value", "<task>"))
        return "<task>"
