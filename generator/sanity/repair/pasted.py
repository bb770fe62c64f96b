"""What comes along when code is copied: Markdown fences, what is said around them, and prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from generator.sanity.repair.edits import Edit, Proposal, Trouble
from generator.sanity.repair.lexer import KEYWORDS, indentation
from generator.sanity.repair.statements import is_sound, statement_at

_FENCE = re.compile(r"[ \t]*`{3,}[ \t]*[\w+.-]*[ \t]*\r?\n?\Z")
_PYTHON = re.compile(r"(?P<kept>[ \t]*)(?:>>>|\.\.\.)(?: |(?=[\r\n]|\Z))")
_IPYTHON = re.compile(r"(?P<kept>)(?:In \[\d+\]|[ \t]+\.\.\.):(?: |(?=[\r\n]|\Z))")
_ANSWER = re.compile(r"Out\[\d+\]:")
_SHELL = re.compile(r"[ \t]*[$%!] ?[A-Za-z]")
_TALK = 40


def markdown(trouble: Trouble) -> Iterator[Proposal]:
    """A fence removed; and what stands outside of fences made a comment."""
    lines, first = trouble.lines, trouble.failing.first
    fences = (number for number in range(first, len(lines)) if _FENCE.match(lines[number]))
    fence = next(fences, None)
    if fence is None or fence - first > _TALK:
        return
    removed = Edit(fence, 0, len(lines[fence]), "", "a fence of Markdown")
    if fence > first:
        yield _talk(lines, range(first, fence), removed)
    if fence <= trouble.failing.last:
        yield _proposal([removed], 0.1)
        if _opens(lines, fence):
            return
        end = next(fences, len(lines))
        if end - fence <= _TALK:
            yield _talk(lines, range(fence + 1, end), removed)


def _talk(lines: Sequence[str], numbers: range, fence: Edit) -> Proposal:
    """Lines beside a fence made comments; the less they look like talk, the less likely."""
    spoken = [number for number in numbers if lines[number].strip()]
    code = sum(_is_code(lines[number]) for number in spoken)
    return _proposal([*_commented(lines, spoken), fence], 0.4 + 0.2 * len(spoken) + 4.0 * code)


def _opens(lines: Sequence[str], fence: int) -> bool:
    """Whether code follows a fence for sure: it names a language, or nothing is before it."""
    return lines[fence].strip(" \t\r\n`") != "" or not "".join(lines[:fence]).strip()


def _is_code(line: str) -> bool:
    """Whether a line looks like code, sound or not: it is indented, or begins with a keyword, or parses."""
    statement = statement_at([line], 0)
    if statement is None:
        return False
    return statement.column > 0 or statement.tokens[0][1].text in KEYWORDS or is_sound([line], statement)


def prompts(trouble: Trouble) -> Iterator[Proposal]:
    """The prompts of a console taken away, with and without what it answered made a comment."""
    lines, first = trouble.lines, trouble.failing.first
    if _SHELL.match(lines[first]):
        yield _proposal(_commented(lines, [first], "a command of the shell"), 0.5)
    while first > 0 and _IPYTHON.match(lines[first - 1]) and _IPYTHON.match(lines[first]):
        first -= 1  # `In [1]: x = 1` is an annotation to Python
    session = list(takewhile(lambda number: lines[number].strip(), range(first, len(lines))))
    typed = {number: edit for number in session if (edit := _without_prompt(lines, number))}
    if first not in typed:
        return
    yield _proposal([typed[number] for number in takewhile(typed.__contains__, session)], 0.1)
    if answers := [number for number in session if number not in typed]:
        told = _commented(lines, answers, "the answer of a console")
        yield _proposal([*typed.values(), *told], 0.4 + 0.2 * len(answers))


def prompt_taken_for_a_name(lines: Sequence[str], number: int, name: str) -> Edit | None:
    """The repair of `In [1]: x = 1` or `Out[1]: 3`, which Python takes for annotations."""
    if name == "In":
        return _without_prompt(lines, number)
    if name == "Out" and _ANSWER.match(lines[number]):
        return _commented(lines, [number], "the answer of a console")[0]
    return None


def _proposal(edits: Sequence[Edit], cost: float) -> Proposal:
    """Not weighed by how usual the outcome is: nothing is more usual than no code."""
    return Proposal(tuple(edits), cost, weighed=False)


def _without_prompt(lines: Sequence[str], number: int) -> Edit | None:
    prompt = _PYTHON.match(lines[number]) or _IPYTHON.match(lines[number])
    return prompt and Edit(number, prompt.end("kept"), prompt.end(), "", "the prompt of a console")


def _commented(lines: Sequence[str], numbers: Sequence[int], what: str = "no code") -> list[Edit]:
    """Edits that make comments of the lines that are not empty."""
    places = [(n, len(indentation(lines[n]))) for n in numbers if lines[n].strip()]
    return [Edit(n, at, at, "# ", f"{what}, kept as a comment") for n, at in places]
