"""Learning a small vocabulary of sub-words, the same every time.

The trainers of the `tokenizers` library number the pieces that carry a prefix or suffix in the order of
a hash table, so that equal counts are settled by chance; a checkpoint has to come out the same twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Learned:
    """A vocabulary in the order of its ids, and the merges of pairs that lead to it."""

    tokens: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Affixes:
    """What marks a piece that goes on a word, and one that ends it; either may be empty."""

    prefix: str = ""
    suffix: str = ""

    def forms(self, letter: str) -> tuple[str, str, str]:
        """A letter by itself, on a word, and at the end of one."""
        return letter, self.prefix + letter, letter + self.suffix

    def spell(self, word: str) -> list[str]:
        """The letters of a word, as pieces."""
        pieces = [word[0], *(self.prefix + letter for letter in word[1:])]
        return [*pieces[:-1], pieces[-1] + self.suffix]


def learn(
    words: Counter[str], special: Iterable[str], alphabet: Iterable[str], merges: int, affixes: Affixes
) -> Learned:
    """Merges the commonest pair `merges` times; equal counts go by the alphabet.

    Every letter is known in each of its forms, so that any text of these letters can be spelled.
    """
    spelled = {word: affixes.spell(word) for word in sorted(words)}
    letters = sorted({*alphabet, *(letter for word in words for letter in word)})
    forms = [form for letter in letters for form in affixes.forms(letter)]
    tokens = dict.fromkeys([*special, *forms])
    learned: list[tuple[str, str]] = []
    counts: Counter[tuple[str, str]] = Counter()
    for word, pieces in spelled.items():
        _count(counts, pieces, words[word])
    while len(learned) < merges and (pair := _commonest(counts)):
        merged = pair[0] + pair[1].removeprefix(affixes.prefix)
        for word, pieces in spelled.items():
            if pair[0] in pieces and pair in pairwise(pieces):
                spelled[word] = _merge(pieces, pair, merged)
                _count(counts, pieces, -words[word])
                _count(counts, spelled[word], words[word])
        learned.append(pair)
        tokens[merged] = None
    return Learned(tuple(tokens), tuple(learned))


def _count(counts: Counter[tuple[str, str]], pieces: list[str], times: int) -> None:
    for pair in pairwise(pieces):
        counts[pair] += times


def _commonest(counts: Counter[tuple[str, str]]) -> tuple[str, str] | None:
    most = max(counts.values(), default=0)
    return min(pair for pair, count in counts.items() if count == most) if most else None


def _merge(pieces: list[str], pair: tuple[str, str], merged: str) -> list[str]:
    out: list[str] = []
    position = 0
    while position < len(pieces):
        found = tuple(pieces[position : position + 2]) == pair
        out.append(merged if found else pieces[position])
        position += 2 if found else 1
    return out
