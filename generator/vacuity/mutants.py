"""All mutants of a skillset: each the whole file with one mistake in it, in the same order every time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from generator.vacuity.operators import OPERATORS, Operator, Subject
from generator.vacuity.operators.operator import assigned, attributes, within


@dataclass(frozen=True)
class Mutant:
    """A skillset with one mistake."""

    name: str
    operator: str
    task: str | None
    """Whose handler it is in; None outside of them."""
    line: int
    before: str
    """The lines that the mistake changes, without indentation."""
    after: str
    text: str
    options: tuple[str, ...]
    """Of the pytest plugin, beside those of a validation."""


def mutants(text: str, heads: Sequence[str]) -> list[Mutant]:
    """Every mutant of a skillset; `heads` are the model classes of its type."""
    module = cst.parse_module(text)
    subject = Subject(tuple(dict.fromkeys([*_classes(module), *heads])))
    parts = [module.code_for_node(statement) for statement in module.body]
    head, _, tail = text.partition("".join(parts))
    found: dict[str, Mutant] = {}
    for place, statement in enumerate(module.body):
        for operator, changed in _changes(statement, subject):
            code = "".join([head, *parts[:place], module.code_for_node(changed), *parts[place + 1 :], tail])
            if code != text and code not in found and _compiles(code):
                found[code] = _mutant(operator, _task(statement), text, code, len(found))
    return list(found.values())


def sample(made: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many of them: those of each operator in turn, in an order that the seed decides."""
    shuffled = sorted(made, key=lambda mutant: _digest(f"{seed} {mutant.name}"))
    seen: dict[str, int] = {}
    turns = {}
    for mutant in shuffled:
        turns[mutant.name] = seen[mutant.operator] = seen.get(mutant.operator, -1) + 1
    chosen = sorted(shuffled, key=lambda mutant: turns[mutant.name])[:count]
    return sorted(chosen, key=lambda mutant: (mutant.line, mutant.name))


def _changes(statement: cst.CSTNode, subject: Subject) -> Iterator[tuple[Operator, cst.CSTNode]]:
    """A top-level statement with one mistake, for each there is to make."""
    for node in within(statement):
        for operator in OPERATORS:
            for new in operator.mutate(node, subject):
                yield operator, new if node is statement else statement.deep_replace(node, new)


def _classes(module: cst.Module) -> list[str]:
    owners = [node for node in module.body if isinstance(node, cst.ClassDef)]
    named = [assigned(line)[1] for owner in owners for line in [attributes(owner).get("model_class")] if line]
    return [value.evaluated_value for value in named if isinstance(value, cst.SimpleString)]


def _task(statement: cst.CSTNode) -> str | None:
    line = attributes(statement).get("task") if isinstance(statement, cst.ClassDef) else None
    return assigned(line)[1].evaluated_value if line else None


def _compiles(code: str) -> bool:
    try:
        compile(code, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _mutant(operator: Operator, task: str | None, text: str, code: str, number: int) -> Mutant:
    first, before, after = _difference(text.splitlines(), code.splitlines())
    name = f"{operator.name.replace(' ', '-')}-{first + 1}-{_digest(f'{before} {after} {number}')[:6]}"
    return Mutant(name, operator.name, task, first + 1, before, after, code, operator.options)


def _difference(old: list[str], new: list[str]) -> tuple[int, str, str]:
    """The first line that differs, and what differs, each on one line."""
    shorter = min(len(old), len(new))
    start = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - start
    end = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    return start, *(" ".join(" ".join(lines[start : len(lines) - end]).split()) for lines in (old, new))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
