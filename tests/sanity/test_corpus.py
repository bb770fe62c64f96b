"""A sample of what `benchmarks/sanity.py` measures: real files that were broken, and some that are sound."""

from __future__ import annotations

import ast
import random
import sys
import sysconfig
from pathlib import Path

import pytest

from generator.sanity.repair import repair

ROOT = Path(__file__).parents[2]
SHORT = 9_000


@pytest.fixture(scope="module")
def standard_library() -> dict[str, str]:
    """Small modules of the standard library, which every machine has."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    small = [path for path in paths if 500 < path.stat().st_size < SHORT]
    return {path.name: path.read_text("utf-8") for path in small}


@pytest.fixture
def broken(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import broken_code

    yield broken_code.broken
    sys.modules.pop("broken_code")


def test_sound_files_come_out_as_they_went_in(standard_library):
    assert len(standard_library) > 40
    texts = list(standard_library.values())
    for name, text, one in zip(standard_library, texts, repair(texts), strict=True):
        assert one.text == text, name


def test_broken_files_become_what_they_were(standard_library, broken):
    rng = random.Random("sample")
    texts = list(standard_library.values())
    cases = []
    while len(cases) < 80:
        original = rng.choice(texts)
        if made := broken(original, rng):
            cases.append((original, *made))
    outcomes = []
    for (original, _, faults), one in zip(cases, repair([case[1] for case in cases]), strict=True):
        parses = not one.left
        same = parses and ast.dump(ast.parse(one.text)) == ast.dump(ast.parse(original))
        outcomes.append((same, parses, faults))
    assert sum(same for same, _, _ in outcomes) >= 69, [faults for same, _, faults in outcomes if not same]
    assert sum(parses for _, parses, _ in outcomes) >= 77
