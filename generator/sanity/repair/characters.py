"""Characters that look like Python's but are not, as word processors and web pages put them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.sanity.repair.edits import Edit, Proposal, Trouble, line_tokens
from generator.sanity.repair.known import KNOWN
from generator.sanity.repair.lexer import KEYWORDS, Token

DOUBLE = KNOWN.double_quotes
SINGLE = KNOWN.single_quotes
_FENCE = "```"


def propose(trouble: Trouble) -> Iterator[Proposal]:
    """All of the statement's at once: none of them is a mistake that Python would take.

    A string that typographic quotes open may be closed by plain ones, and may have those inside.
    """
    for mixed in (False, True):
        if edits := tuple(_edits(trouble, mixed)):
            yield Proposal(edits, 0.15 if mixed else 0.1)


def _edits(trouble: Trouble, mixed: bool) -> Iterator[Edit]:
    for number, tokens in line_tokens(trouble):
        quotes = list(_quotes(trouble.lines[number], number, tokens, mixed))
        yield from quotes
        quoted = [range(edit.start, edit.end) for edit in quotes]
        for token in tokens:
            if not any(token.start in span for span in quoted):
                yield from _single(number, token, trouble)


def _single(number: int, token: Token, trouble: Trouble) -> Iterator[Edit]:
    if token.kind == "odd" and token.text in KNOWN.characters:
        plain = KNOWN.characters[token.text]
        why = f"{_name(token.text)} is {plain!r} in Python" if plain else f"{_name(token.text)} is no Python"
        yield Edit(number, token.start, token.end, plain, why)
    elif token.kind == "name" and not token.text.isascii():
        plain = "".join(KNOWN.letters.get(letter, letter) for letter in token.text)
        if plain.isascii() and (plain in KEYWORDS or trouble.names.knows(plain)):
            yield Edit(number, token.start, token.end, plain, f'letters of another alphabet in "{plain}"')


def _quotes(line: str, number: int, tokens: tuple[Token, ...], mixed: bool) -> Iterator[Edit]:
    """Each typographic quote that opens a string, with the one that closes it."""
    at = 0
    for token in tokens:
        if token.kind != "odd" or token.start < at or token.text not in DOUBLE + SINGLE:
            continue
        if line.startswith(_FENCE, token.start):
            return
        if tripled := re.compile(f'[{DOUBLE}"]{{3}}').match(line, token.start):
            at = tripled.end()
            yield Edit(number, token.start, at, '"""', "typographic quotes around a string")
            continue
        mark = '"' if token.text in DOUBLE else "'"
        closing = _closing(line, token.end, mark, mixed)
        if closing is None:
            continue
        at = closing + 1
        inside = line[token.end : closing]
        text = _quoted(inside, mark)
        yield Edit(number, token.start, at, text, "typographic quotes around a string")


def _closing(line: str, start: int, mark: str, mixed: bool) -> int | None:
    """Where the string ends; an apostrophe inside of a word does not end it."""
    family = (DOUBLE if mark == '"' else SINGLE) + (mark if mixed else "")
    pattern = f"[{family}]" if mark == '"' else rf"(?<!\w)[{family}]|[{family}](?!\w)"
    match = re.compile(pattern).search(line, start)
    return match.start() if match else None


def _quoted(inside: str, mark: str) -> str:
    other = {'"': "'", "'": '"'}[mark]
    if mark not in inside:
        return mark + inside + mark
    return other + inside + other if other not in inside else mark + inside.replace(mark, "\\" + mark) + mark


def _name(character: str) -> str:
    shown = character if character.isprintable() and not character.isspace() else "an invisible character"
    return f"{shown} (U+{ord(character):04X})"
