"""What each definition is called in a bundle: as in its own module, unless another has the name there too."""

from __future__ import annotations

import builtins
from collections.abc import Collection

import libcst as cst
from libcst.metadata import GlobalScope

from generator.bundling.reach import Reached
from generator.bundling.source import Symbol


def final_names(reached: Reached) -> dict[Symbol, str]:
    """Symbol → its name. The skillset's own names stay, since its host asks for them; libraries come next."""
    skillset = reached.sources[-1].name
    order = sorted(reached.symbols(), key=lambda symbol: (symbol.module != skillset, not symbol.imported))
    captured, given = _captured(reached), {}
    taken: dict[str, Symbol] = {}
    everywhere = _all_names(reached)
    for symbol in order:
        name = symbol.name
        clashes = name in taken and not taken[name].is_package_of(symbol)
        if symbol.module != skillset and (clashes or symbol in captured or hasattr(builtins, name)):
            name = _longer(symbol, {*taken, *everywhere})
        given[symbol] = name
        taken[name] = symbol
    return given


def _longer(symbol: Symbol, taken: Collection[str]) -> str:
    """`_folder` of the module `loading` → `_loading_folder`; a library's `copy` → `copy_`."""
    if symbol.imported:
        name = f"{symbol.name}_"
    else:
        private = "_" * symbol.name.startswith("_")
        name = f"{private}{symbol.module.rpartition('.')[2]}_{symbol.name.lstrip('_')}"
    while name in taken:
        name += "_"
    return name


def _captured(reached: Reached) -> set[Symbol]:
    """What is used by way of its module, or of another name, where a local name would hide its own."""
    return {
        symbol
        for found in reached.uses.values()
        for use, symbol in found
        if not (isinstance(use.node, cst.Name) and use.node.value == symbol.name)
        and any(not isinstance(local.scope, GlobalScope) for local in use.scope[symbol.name])
        and not hasattr(builtins, symbol.name)
    }


def _all_names(reached: Reached) -> set[str]:
    class Names(cst.CSTVisitor):
        def visit_Name(self, node: cst.Name) -> None:
            found.add(node.value)

    found: set[str] = set()
    for statement in reached.uses:
        for node in statement.nodes:
            node.visit(Names())
    return found
