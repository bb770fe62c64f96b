"""What a hand edit of a skillset comes to, in entries of a code overlay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from generator.code_overlay import scopes
from generator.code_overlay.edit import Edits
from generator.code_overlay.parse import CodeOverlay, Entry, Kind
from generator.code_overlay.pins import pin_of

Scope = Sequence[cst.BaseStatement]


def edits(hand: cst.Module, planned: cst.Module, written: cst.Module, overlay: CodeOverlay | None) -> Edits:
    """What to change in the overlay for a file to be as edited by hand, as far as an overlay can say it.

    `planned` is the file with the overlay as it is, `written` what the templates write without it.
    """
    entries = {(entry.owner, entry.name): entry for entry in overlay.entries} if overlay else {}
    before, base = scopes.scopes(planned), scopes.scopes(written)
    put: list[Entry] = []
    drop: list[tuple[str | None, str]] = []
    for owner, body in scopes.scopes(hand).items():
        if owner in before and (None, owner) not in entries:  # a class that the overlay adds is one entry
            own = {name: entry for (where, name), entry in entries.items() if where == owner}
            scope = _Scope(owner, body, before[owner], scopes.named(base.get(owner, ())), own)
            put += scope.put()
            drop += [(owner, name) for name in scope.drop()]
    return Edits(tuple(put), tuple(drop), tuple(_new_imports(hand, planned)))


@dataclass(frozen=True)
class _Scope:
    """One scope: by hand, as planned, as the templates write it; and the entries that it has."""

    owner: str | None
    body: Scope
    planned: Scope
    written: dict[str, cst.BaseStatement]
    entries: dict[str, Entry]

    def put(self) -> Iterator[Entry]:
        """New entries, and old ones with what they say now."""
        before, now = scopes.named(self.planned), scopes.named(self.body)
        wrapped = {scopes.kept_as(name) for name in now if self._is_wrapped(name, now)}
        for name, node in now.items():
            same = name in before and _text(node) == _text(before[name])
            moved = name in self.entries and self._kind(name, now) is not self.entries[name].kind
            if name not in wrapped and not self._is_undone(name, now) and (moved or not same):
                yield from self._entry(name, node, now)

    def drop(self) -> Iterator[str]:
        """The entries of what was taken out, or put back as the templates write it."""
        now = scopes.named(self.body)
        for name, entry in self.entries.items():
            if self._is_undone(name, now) or (name not in now and entry.kind is Kind.ADDS):
                yield name

    def _entry(
        self, name: str, node: cst.BaseStatement, now: dict[str, cst.BaseStatement]
    ) -> Iterator[Entry]:
        kind = self._kind(name, now)
        known, original = self.entries.get(name), self.written.get(name)
        if known is not None:
            yield replace(known, kind=kind, node=node)
        elif kind is not Kind.ADDS:
            if isinstance(node, cst.FunctionDef) and isinstance(original, cst.FunctionDef):
                yield Entry(kind, self.owner, name, node, 0, pin_of(original))
        elif isinstance(node, cst.SimpleStatementLine):
            yield Entry(kind, self.owner, name, node, 0)
        else:
            yield Entry(kind, self.owner, name, node, 0, before=self._next(name))

    def _kind(self, name: str, now: dict[str, cst.BaseStatement]) -> Kind:
        if name not in self.written:
            return Kind.ADDS
        return Kind.WRAPS if self._is_wrapped(name, now) else Kind.REPLACES

    def _is_wrapped(self, name: str, now: dict[str, cst.BaseStatement]) -> bool:
        """Whether what the templates write under a name is there, under that of a wrapped method."""
        kept, original = now.get(scopes.kept_as(name)), self.written.get(name)
        both = isinstance(kept, cst.FunctionDef) and isinstance(original, cst.FunctionDef)
        return both and pin_of(kept) == pin_of(original)

    def _is_undone(self, name: str, now: dict[str, cst.BaseStatement]) -> bool:
        """Whether an entry has become what the templates write by themselves."""
        node, original = now.get(name), self.written.get(name)
        if name not in self.entries or node is None or original is None or self._is_wrapped(name, now):
            return False
        return _text(node) == _text(original)

    def _next(self, name: str) -> str | None:
        """The next name of the scope that is there before this entry is put in."""
        names = [scopes.bound_name(node) for node in self.body]
        planned = scopes.named(self.planned)
        after = names[names.index(name) + 1 :]
        return next((other for other in after if other in planned or other in self._wrapped_now()), None)

    def _wrapped_now(self) -> set[str]:
        now = scopes.named(self.body)
        return {scopes.kept_as(name) for name in now if self._is_wrapped(name, now)}


def _text(node: cst.BaseStatement) -> str:
    """A statement as it reads, comments too; blank lines around it are the formatter's."""
    return scopes.code_of(node).strip()


def _new_imports(hand: cst.Module, planned: cst.Module) -> list[str]:
    """The imports that only the edited file has, a statement for each name."""
    return sorted(set(_imported(hand)) - set(_imported(planned)))


def _imported(module: cst.Module) -> Iterator[str]:
    for statement in module.body:
        for part in statement.body if scopes.is_import(statement) else ():
            where = f"from {_module_of(part)} " if isinstance(part, cst.ImportFrom) else ""
            names = part.names if not isinstance(part.names, cst.ImportStar) else [part.names]
            for alias in names:
                name = scopes.code_of(alias.with_changes(comma=cst.MaybeSentinel.DEFAULT)) if where else None
                yield f"{where}import {(name or scopes.code_of(alias)).strip().rstrip(',')}"


def _module_of(part: cst.ImportFrom) -> str:
    dots = "." * len(part.relative)
    return dots + (scopes.code_of(part.module) if part.module else "")
