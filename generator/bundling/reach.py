"""What a skillset uses of the runtime, by name, and what that uses; in an order to define it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from generator.bundling.source import PACKAGE, Reference, Source, Statement, Symbol, Use


@dataclass(frozen=True)
class Reached:
    """The modules that are used, in order, the skillset last; and of each the statements that are."""

    sources: tuple[Source, ...]
    statements: dict[str, tuple[Statement, ...]]
    uses: dict[Statement, tuple[tuple[Use, Symbol], ...]]

    def symbols(self) -> Iterator[Symbol]:
        """All that is bound in the bundle, libraries first, then in the order of the text."""
        used = (symbol for found in self.uses.values() for _, symbol in found)
        yield from sorted({symbol for symbol in used if symbol.imported})
        for source in self.sources:
            for statement in self.statements[source.name]:
                yield from (Symbol(source.name, name.value) for name in statement.names)


def reach(skillset: Source, load: Callable[[str], Source]) -> Reached:
    """Everything that the skillset reaches; `load` reads a module of the runtime by its dotted name."""
    walk = _Walk(skillset, load)
    for statement in skillset.statements:
        walk.take(skillset, statement)
    statements = {
        name: tuple(statement for statement in source.statements if statement in walk.uses)
        for name, source in walk.sources.items()
    }
    return Reached(tuple(_in_order(walk, skillset.name)), statements, walk.uses)


class _Walk:
    """Goes from statement to statement, each once."""

    def __init__(self, skillset: Source, load: Callable[[str], Source]):
        self.sources = {skillset.name: skillset}
        self.uses: dict[Statement, tuple[tuple[Use, Symbol], ...]] = {}
        self._load = load

    def take(self, source: Source, statement: Statement) -> None:
        waiting = [(source, statement)]
        while waiting:
            source, statement = waiting.pop()
            if statement in self.uses:
                continue
            found = [(use, self._resolved(use.target)) for use in source.uses(statement)]
            self.uses[statement] = tuple(found)
            waiting += [self._statement(symbol) for _, symbol in found if not symbol.imported]

    def _resolved(self, target: Symbol | Reference) -> Symbol:
        """The definition behind a name, through the modules that only pass it on."""
        while isinstance(target, Reference):
            bindings = self._source(target.module).bindings
            if target.name not in bindings:
                raise ValueError(f"{target.module} has no {target.name}")
            target = bindings[target.name]
        return target

    def _statement(self, symbol: Symbol) -> tuple[Source, Statement]:
        source = self._source(symbol.module)
        binding = (one for one in source.statements if any(name.value == symbol.name for name in one.names))
        return source, next(binding)

    def _source(self, name: str) -> Source:
        if name not in self.sources:
            self.sources[name] = self._load(name)
        return self.sources[name]


def _in_order(walk: _Walk, last: str) -> Iterator[Source]:
    """Each module after those that it uses; those that only pass names on are left out."""
    used: dict[str, set[str]] = {name: set() for name in walk.sources}
    for source in walk.sources.values():
        for statement in source.statements:
            found = walk.uses.get(statement, ())
            used[source.name] |= {symbol.module for _, symbol in found if not symbol.imported} - {source.name}
    done: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        for other in sorted(used[name]):
            if other not in done and other not in above:
                visit(other, (*above, name))
        if name not in done:
            done.append(name)

    visit(last, ())
    return (walk.sources[name] for name in done if name != PACKAGE)
