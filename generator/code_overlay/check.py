"""Whether a code overlay still fits what the templates write: its targets are there, and as pinned."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence

import libcst as cst
from libcst import matchers

from generator.code_overlay import scopes
from generator.code_overlay.parse import CodeOverlay, Entry, Kind
from generator.code_overlay.pins import pin_of
from generator.errors import Problem, did_you_mean

Scopes = dict[str | None, Sequence[cst.BaseStatement]]
Earlier = Callable[[Entry], str | None]
"""The text of the generated code that an entry was pinned to, if that can still be found."""


def problems(
    overlay: CodeOverlay, generated: cst.Module, template_of: Callable[[str | None], str], earlier: Earlier
) -> Iterator[Problem]:
    """Each entry that does not fit; `template_of` tells which template writes a class, or the module."""
    found = scopes.scopes(generated)
    for entry in overlay.entries:
        if entry.owner not in found:
            hint = did_you_mean(entry.owner or "", [name for name in found if name])
            yield overlay.problem(entry, f"the skillset has no class {entry.owner}", hint)
            continue
        source = template_of(entry.owner)
        if entry.kind is Kind.ADDS:
            yield from _adding(overlay, entry, found, source)
        else:
            yield from _changing(overlay, entry, found, source, earlier)


def _adding(overlay: CodeOverlay, entry: Entry, found: Scopes, source: str) -> Iterator[Problem]:
    there = scopes.named(found[entry.owner])
    if entry.name in there:
        message = f"adds {entry.shown}, which {source} writes too"
        yield overlay.problem(entry, message, _instead_of_adding(there[entry.name], entry))
    if entry.before is not None and entry.before not in {*there, *overlay.names_in(entry.owner)}:
        message = f"there is no {scopes.qualified(entry.owner, entry.before)} to stand before"
        yield overlay.problem(entry, message, did_you_mean(entry.before, there))


def _instead_of_adding(original: cst.BaseStatement, entry: Entry) -> str:
    if isinstance(original, cst.FunctionDef) and isinstance(entry.node, cst.FunctionDef):
        return f'take it out, or write @replaces("{pin_of(original)}")'
    return "take it out; what a skillset says of its model is data, of the YAML overlay"


def _changing(
    overlay: CodeOverlay, entry: Entry, found: Scopes, source: str, earlier: Earlier
) -> Iterator[Problem]:
    there = scopes.named(found[entry.owner])
    original = there.get(entry.name)
    if not isinstance(original, cst.FunctionDef):
        methods = [name for name, node in there.items() if isinstance(node, cst.FunctionDef)]
        hint = did_you_mean(entry.name, methods) or "if it is new, write @adds()"
        yield overlay.problem(entry, f"{entry.kind} {entry.shown}, which {source} does not write", hint)
    elif pin_of(original) != entry.pin:
        yield _conflict(overlay, entry, original, source, earlier(entry))
    elif entry.kind is Kind.WRAPS and scopes.kept_as(entry.name) in there:
        message = f"{source} writes a {scopes.kept_as(entry.name)} of its own"
        yield overlay.problem(entry, message, "rename that in the template")
    elif pin_of(entry.node) == entry.pin and not matchers.findall(entry.node, matchers.Comment()):
        message = f"{entry.kind} {entry.shown} by what {source} writes"
        yield overlay.problem(entry, message, "take it out of the overlay")


def _conflict(
    overlay: CodeOverlay, entry: Entry, original: cst.FunctionDef, source: str, earlier: str | None
) -> Problem:
    now = pin_of(original)
    if not entry.pin:
        return overlay.problem(entry, f"{entry.kind} {entry.shown} without a pin", f'write "{now}"')
    message = f'{entry.kind} {entry.shown} as it was under pin "{entry.pin}", and {source} writes another now'
    if earlier is not None:
        message += f": {difference(earlier, scopes.code_of(original))}"
    return overlay.problem(entry, message, f'take over what is new, then pin "{now}"')


def difference(before: str, after: str) -> str:
    """What changed between two texts, short enough for one line."""
    old, new = ([line.strip() for line in text.split("\n")] for text in (before, after))
    changes = [line for line in difflib.ndiff(old, new) if line[:2] in ("- ", "+ ") and line[2:]]
    shown = ", ".join(f"{'no more' if line[0] == '-' else 'now'} `{line[2:]}`" for line in changes[:4])
    return shown + (f", and {len(changes) - 4} more" if len(changes) > 4 else "")
