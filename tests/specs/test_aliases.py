"""The names that the framework asks for: each is a model type, leads to one, or is said to be gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.naming import Layout
from generator.sources.source import installed
from generator.specs.catalogue import load_aliases

ROOT = Path(__file__).parents[2]
ASKED_FOR = (ROOT / "tests/specs/names_asked_for.txt").read_text("utf-8").split()
ALIASES = load_aliases(Layout(ROOT))
TYPES = set(installed().top_level_types())


def test_no_name_was_lost() -> None:
    assert len(ASKED_FOR) == len(set(ASKED_FOR)) == 284


@pytest.mark.parametrize("name", ASKED_FOR)
def test_a_name_resolves(name: str) -> None:
    assert name in TYPES or name in ALIASES
    if name in ALIASES:
        assert ALIASES[name].type in {None, *TYPES}


def test_nothing_is_explained_that_nobody_asks_for() -> None:
    assert ALIASES.keys() <= set(ASKED_FOR)


def test_what_left_transformers_is_not_in_it() -> None:
    from generator.sources.source import installed

    transformers = installed()
    assert transformers is not None
    absent = {name for name, alias in ALIASES.items() if alias.type is None}
    assert absent.isdisjoint(transformers.top_level_types())
    assert {alias.type for alias in ALIASES.values()} - {None} <= set(transformers.top_level_types())
    assert not set(ASKED_FOR) - ALIASES.keys() - set(transformers.top_level_types())
