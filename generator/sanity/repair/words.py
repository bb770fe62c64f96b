"""Keywords: misspelt ones, those of other languages, and operators as other languages write them."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import commonprefix

from generator.sanity.repair.edits import Edit, Proposal, Trouble, line_tokens
from generator.sanity.repair.known import KNOWN
from generator.sanity.repair.lexer import KEYWORDS, Token

_OPERATORS = {"&&": "and", "||": "or", "!": "not"}


def foreign_operators(trouble: Trouble) -> Iterator[Proposal]:
    """All of `&&`, `||`, `!` and `else if` at once: none of them can be meant otherwise."""
    edits = [
        edit
        for number, tokens in line_tokens(trouble)
        for edit in _foreign(trouble.lines[number], number, tokens)
    ]
    if edits:
        yield Proposal(tuple(edits), 0.1)


def _foreign(line: str, number: int, tokens: tuple[Token, ...]) -> Iterator[Edit]:
    for token, following in zip(tokens, (*tokens[1:], None), strict=False):
        if token.kind == "op" and (word := _OPERATORS.get(token.text)):
            before = "" if line[: token.start][-1:] in ("", " ", "\t", "(", "[", "{") else " "
            after = "" if line[token.end : token.end + 1].isspace() else " "
            why = f'"{token.text}" is "{word}" in Python'
            yield Edit(number, token.start, token.end, before + word + after, why)
        if following and (token.text, following.text) == ("else", "if"):
            yield Edit(number, token.start, following.end, "elif", '"else if" is "elif" in Python')


def misspelt(trouble: Trouble) -> Iterator[Proposal]:
    """One word for a keyword that is nearly the same."""
    for number, tokens in line_tokens(trouble):
        for position, token in enumerate(tokens):
            if token.kind != "name" or token.text in KEYWORDS:
                continue
            for word in meant_by(token.text):
                cost = 0.3 if position == 0 else 0.5
                cost += 0.6 if trouble.names.knows(token.text, but=1) else 0
                why = f'"{token.text}" for "{word}"'
                yield Proposal((Edit(number, token.start, token.end, word, why),), cost)


def meant_by(name: str) -> list[str]:
    """The keywords that a name may be a misspelling of."""
    if name in KNOWN.words:
        return [KNOWN.words[name]]
    return sorted(word for word in KEYWORDS if _near(name, word))


def _near(name: str, word: str) -> bool:
    """One letter more, less or another, or two letters swapped; of short words, the latter alone."""
    if name == word or abs(len(name) - len(word)) > 1 or len(name) < 2:
        return False
    if name.lower() == word.lower():
        return True
    start = len(commonprefix([name, word]))
    mine, right = name[start:], word[start:]
    if mine[:2] == right[:2][::-1] and mine[2:] == right[2:]:
        return True
    return len(word) > 2 and (mine[1:] == right[1:] or mine[1:] == right or mine == right[1:])
