"""What the repairs know of the world, read from `known.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Known:
    """`characters` and `letters` map a look-alike to what it looks like."""

    characters: dict[str, str]
    letters: dict[str, str]
    double_quotes: str
    single_quotes: str
    words: dict[str, str]
    constants: dict[str, str]
    imports: dict[str, str]


def _read(path: Path) -> Known:
    raw = tomllib.loads(path.read_text("utf-8"))
    return Known(
        _turned(raw["characters"]),
        _turned(raw["letters"]),
        raw["quotes"]["double"],
        raw["quotes"]["single"],
        raw["words"],
        raw["constants"],
        raw["imports"],
    )


def _turned(table: dict[str, str]) -> dict[str, str]:
    return {character: plain for plain, characters in table.items() for character in characters}


KNOWN = _read(Path(__file__).with_name("known.toml"))
