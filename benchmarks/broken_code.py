"""Breaks real code as assistants, copy-paste and haste do: seeded, and one fault at a time."""

from __future__ import annotations

import ast
import io
import keyword
import random
import re
import tokenize
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from generator.sanity.repair.known import KNOWN

Edits = list[tuple[int, int, str]]
_HEADERS = {"if", "elif", "else", "for", "while", "def", "class", "with", "try", "except", "finally", "async"}
_OPERATORS = {"and": "&&", "or": "||", "not": "!"}
_LOOK_ALIKES = {"-": "–—−", "*": "×", ",": "，", ":": "：", "(": "（", ")": "）", "=": "＝", ";": "；"}


@dataclass(frozen=True)
class Source:
    """A text that parses."""

    text: str

    @cached_property
    def starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def tokens(self) -> list[tokenize.TokenInfo]:
        return list(tokenize.generate_tokens(io.StringIO(self.text).readline))

    def at(self, place: tuple[int, int]) -> int:
        return self.starts[place[0] - 1] + place[1]

    def span(self, token: tokenize.TokenInfo) -> tuple[int, int]:
        return self.at(token.start), self.at(token.end)

    @cached_property
    def line_begins(self) -> list[int]:
        """The numbers of the lines that begin a statement."""
        lines, fresh = [], True
        for token in self.tokens:
            if token.type == tokenize.NEWLINE:
                fresh = True
            elif fresh and token.type not in (
                tokenize.COMMENT,
                tokenize.NL,
                tokenize.INDENT,
                tokenize.DEDENT,
                tokenize.ENDMARKER,
            ):
                lines.append(token.start[0])
                fresh = False
        return lines


def constant(source: Source, rng: random.Random) -> Edits:
    """`True` → `true`, `None` → `null`."""
    tokens = [token for token in source.tokens if token.string in ("True", "False", "None")]
    token = rng.choice(tokens)
    word = rng.choice(["none", "null"]) if token.string == "None" else token.string.lower()
    return [(*source.span(token), word)]


def quotes(source: Source, rng: random.Random) -> Edits:
    """Typographic quotes around a string, those of a line, or all."""
    strings = [t for t in source.tokens if t.type == tokenize.STRING and t.start[0] == t.end[0]]
    strings = [t for t in strings if re.match(r"""["'](?!["'])""", t.string)]
    token = rng.choice(strings)
    chosen = rng.choice([[token], [t for t in strings if t.start[0] == token.start[0]], strings])
    edits = []
    for one in chosen:
        start, end = source.span(one)
        left, right = "“”" if one.string[0] == '"' else "‘’"
        edits += [(start, start + 1, left), (end - 1, end, right)]
    return edits


def look_alike(source: Source, rng: random.Random) -> Edits:
    """A character that looks like one of Python's."""
    if rng.random() < 0.2:
        spaces = [i for i in range(len(source.tokens) - 1) if _spaced(source.tokens, i)]
        start = source.at(source.tokens[rng.choice(spaces)].end)
        return [(start, start + 1, rng.choice("\u00a0\u2009\u3000"))]
    token = rng.choice([t for t in source.tokens if t.type == tokenize.OP and t.string in _LOOK_ALIKES])
    return [(*source.span(token), rng.choice(_LOOK_ALIKES[token.string]))]


def _spaced(tokens: list[tokenize.TokenInfo], i: int) -> bool:
    return tokens[i].end[0] == tokens[i + 1].start[0] and tokens[i + 1].start[1] == tokens[i].end[1] + 1


def tabs(source: Source, rng: random.Random) -> Edits:
    """The indentation of some neighbouring statements in tabs."""
    lines = source.text.split("\n")
    indented = [n for n in source.line_begins if lines[n - 1].startswith("    ")]
    first = rng.randrange(len(indented))
    edits = []
    for number in indented[first : first + rng.choice([1, 3, 10])]:
        spaces = len(lines[number - 1]) - len(lines[number - 1].lstrip(" "))
        start = source.starts[number - 1]
        edits.append((start, start + spaces // 4 * 4, "\t" * (spaces // 4)))
    return edits


def colon(source: Source, rng: random.Random) -> Edits:
    """The colon of a block is lost."""
    return _delete(source, rng.choice(_block_colons(source)))


def _block_colons(source: Source) -> list[tokenize.TokenInfo]:
    skipped = (tokenize.COMMENT, tokenize.NL)
    code = [token for token in source.tokens if token.type not in skipped]
    return [a for a, b in zip(code, code[1:], strict=False) if a.string == ":" and b.type == tokenize.NEWLINE]


def bracket(source: Source, rng: random.Random) -> Edits:
    """A bracket is lost, or one too many closes."""
    brackets = [t for t in source.tokens if t.type == tokenize.OP and t.string in "()[]{}"]
    token = rng.choice(brackets)
    if rng.random() < 0.2:
        token = rng.choice([t for t in brackets if t.string in ")]}"])
        return [(source.span(token)[1],) * 2 + (token.string,)]
    return _delete(source, token)


def operator(source: Source, rng: random.Random) -> Edits:
    """`and` → `&&`, `or` → `||`, `not` → `!`."""
    tokens = []
    for before, token, after in zip(source.tokens, source.tokens[1:], source.tokens[2:], strict=False):
        if token.string in _OPERATORS and before.string != "is" and after.string != "in":
            tokens.append(token)
    token = rng.choice(tokens)
    start, end = source.span(token)
    glued = token.string == "not" and source.text[end] == " "
    return [(start, end + glued, _OPERATORS[token.string])]


def else_if(source: Source, rng: random.Random) -> Edits:
    """`elif` → `else if`."""
    token = rng.choice([t for t in source.tokens if t.string == "elif"])
    return [(*source.span(token), rng.choice(["else if", "else if", "elseif"]))]


def string(source: Source, rng: random.Random) -> Edits:
    """The quotes that close a string are lost."""
    token = rng.choice([t for t in source.tokens if t.type == tokenize.STRING])
    _, end = source.span(token)
    length = 3 if token.string.endswith(('"""', "'''")) else 1
    return [(end - length, end, "")]


def fence(source: Source, rng: random.Random) -> Edits:
    """Markdown around the code, with or without what an assistant says about it."""
    top = rng.choice(["```python\n", "```py\n", "```\n"])
    bottom = "```\n" if source.text.endswith("\n") else "\n```\n"
    if rng.random() < 0.4:
        top = "Here's the updated version of the file:\n\n" + top
        bottom += "\nThis version handles the edge cases. Let me know if you'd like more changes!\n"
    kind = rng.choice(["both", "both", "top", "bottom"])
    size = len(source.text)
    edits = [(0, 0, top)] if kind != "bottom" else []
    return edits + ([(size, size, bottom)] if kind != "top" else [])


def prompt(source: Source, rng: random.Random) -> Edits:
    """What a console puts before each line, on all lines or on those of some statements."""
    begins = [n for n in source.line_begins if source.text[source.starts[n - 1]] not in " \t"]
    last = len(source.starts) - source.text.endswith("\n")
    if rng.random() < 0.4:
        first, end = 1, last
    else:
        pick = rng.randrange(len(begins))
        first = begins[pick]
        end = (begins[pick + 1] - 1) if pick + 1 < len(begins) else last
    fresh, ipython = set(begins), rng.random() < 0.3
    edits = []
    for count, number in enumerate(range(first, end + 1)):
        at = source.starts[number - 1]
        is_first = number in fresh or count == 0
        if ipython:
            text = f"In [{count + 1}]: " if is_first else "   ...: "
        else:
            text = ">>> " if is_first else "... "
        edits.append((at, at, text))
    return edits


def missing_import(source: Source, rng: random.Random) -> Edits:
    """The import of a well-known name is lost."""
    known = set(KNOWN.imports.values())
    nodes = [node for node in ast.parse(source.text).body if ast.unparse(node) in known]
    lines = source.text.split("\n")
    nodes = [node for node in nodes if lines[node.lineno - 1] == ast.unparse(node)]
    number = rng.choice(nodes).lineno
    return [(source.starts[number - 1], source.starts[number], "")]


def misspelling(source: Source, rng: random.Random) -> Edits:
    """Two letters of a keyword swapped, one lost, or one doubled."""
    words = [t for t in source.tokens if t.type == tokenize.NAME and keyword.iskeyword(t.string)]
    token = rng.choice([t for t in words if t.string not in ("True", "False", "None")])
    word = token.string
    at = rng.randrange(len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    kinds = (
        [swapped]
        if len(word) < 4
        else [swapped, swapped, word[:at] + word[at + 1 :], word[:at] + word[at : at + 1] + word[at:]]
    )
    return [(*source.span(token), rng.choice(kinds))]


FAULTS: dict[str, Callable[[Source, random.Random], Edits]] = {
    "constants": constant,
    "typographic quotes": quotes,
    "look-alike characters": look_alike,
    "tabs": tabs,
    "missing colon": colon,
    "brackets": bracket,
    "foreign operators": operator,
    "else if": else_if,
    "unclosed string": string,
    "Markdown": fence,
    "prompts": prompt,
    "missing import": missing_import,
    "misspelt keyword": misspelling,
}


def broken(text: str, rng: random.Random) -> tuple[str, tuple[str, ...]] | None:
    """The text with one to three faults, and which; None where the text has no place for them."""
    source = Source(text)
    names = tuple(rng.sample(sorted(FAULTS), rng.choice([1, 1, 2, 3])))
    edits: Edits = []
    for name in names:
        try:
            edits += FAULTS[name](source, rng)
        except IndexError:
            return None
        except ValueError:
            return None
    edits.sort(key=lambda edit: (*edit[:2], "```" not in edit[2]))  # what is said about code stands outside
    if any(a[1] >= b[0] and "```" not in a[2] + b[2] for a, b in zip(edits, edits[1:], strict=False)):
        return None
    for start, end, new in reversed(edits):
        text = text[:start] + new + text[end:]
    return text, names


def _delete(source: Source, token: tokenize.TokenInfo) -> Edits:
    return [(*source.span(token), "")]
