"""Gives a skillset's class the attributes of the host's convention, in plain sight, one line each.

init_cpu = initializer("cpu")
create_cpu_fill_mask_endpoint_handler = handler_factory("cpu", FillMask)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from generator.transforms.aliases import well_separated
from generator.transforms.facts import TransformFacts

RUNTIME = "skillset_runtime"


def transform(module: cst.Module, facts: TransformFacts) -> cst.Module:
    """Append to the class what its body does not define itself, and import the names this takes."""
    if facts.skillset_class is None:
        return module
    body = list(module.body)
    for position, statement in enumerate(body):
        if isinstance(statement, cst.ClassDef) and statement.name.value == facts.skillset_class:
            missing = _missing(statement, facts)
            body[position] = _extended(statement, missing)
            return module.with_changes(body=_importing(body, _functions(missing.values())))
    return module


def _missing(owner: cst.ClassDef, facts: TransformFacts) -> dict[str, str]:
    present = set(_defined(owner.body))
    return {name: value for name, value in facts.convention_methods().items() if name not in present}


def _defined(block: cst.BaseSuite) -> Iterator[str]:
    """Names that the top level of a class body binds."""
    for statement in block.body:
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            yield statement.name.value
        elif isinstance(statement, cst.SimpleStatementLine):
            for line in statement.body:
                yield from _assigned(line)


def _assigned(line: cst.BaseSmallStatement) -> Iterator[str]:
    if isinstance(line, cst.AnnAssign) and isinstance(line.target, cst.Name):
        yield line.target.value
    if isinstance(line, cst.Assign):
        yield from (t.target.value for t in line.targets if isinstance(t.target, cst.Name))


def _extended(owner: cst.ClassDef, missing: dict[str, str]) -> cst.ClassDef:
    if not missing:
        return owner
    lines = [cst.parse_statement(f"{name} = {value}") for name, value in missing.items()]
    first = lines[0].with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return owner.with_changes(body=_block(owner.body, [first, *lines[1:]]))


def _block(suite: cst.BaseSuite, lines: Sequence[cst.BaseStatement]) -> cst.IndentedBlock:
    """The class body with the lines after it; a body on the class's own line moves below it."""
    if isinstance(suite, cst.IndentedBlock):
        return suite.with_changes(body=[*suite.body, *lines])
    return cst.IndentedBlock(
        body=[cst.SimpleStatementLine(body=suite.body), *lines], header=suite.trailing_whitespace
    )


def _functions(values: Iterable[str]) -> set[str]:
    return {value.partition("(")[0] for value in values}


def _importing(body: list[cst.BaseStatement], names: set[str]) -> list[cst.BaseStatement]:
    """The statements with the names added to the first import from the runtime, or to a new one."""
    if not names:
        return body
    for position, statement in enumerate(body):
        found = _runtime_import(statement)
        if found is not None:
            body[position] = statement.with_changes(body=[_widened(found, names), *statement.body[1:]])
            return body
    new = cst.parse_statement(f"from {RUNTIME} import {', '.join(sorted(names))}")
    place = _after_imports(body)
    return [*body[:place], new, *body[place:]]


def _runtime_import(statement: cst.BaseStatement) -> cst.ImportFrom | None:
    line = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    if isinstance(line, cst.ImportFrom) and not line.relative and isinstance(line.module, cst.Name):
        return line if line.module.value == RUNTIME and not isinstance(line.names, cst.ImportStar) else None
    return None


def _widened(line: cst.ImportFrom, names: set[str]) -> cst.ImportFrom:
    """The import with the names in front, where they disturb no comment; the formatter sorts."""
    have = {alias.evaluated_name for alias in line.names}
    added = [cst.ImportAlias(name=cst.Name(name)) for name in sorted(names - have)]
    return line.with_changes(names=well_separated([*added, *line.names])) if added else line


def _after_imports(body: Sequence[cst.BaseStatement]) -> int:
    """Where an import may stand in a module: behind its docstring and other imports."""
    for position, statement in enumerate(body):
        line = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        text = isinstance(line, cst.Expr) and isinstance(line.value, cst.SimpleString)
        if not text and not isinstance(line, (cst.Import, cst.ImportFrom)):
            return position
    return len(body)
