"""The stand-ins that note reads: they read like the facts themselves, and note what was read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from representatives import REPRESENTATIVES

from generator.naming import Layout
from generator.review.provenance import SPEC, Facts
from generator.review.reads import Recorder, kept_origins, recorded
from generator.specs import catalogue
from generator.specs.yaml_source import ValuePath
from generator.views import FileSubject, file_context, task_context
from tests.review.overlaid import PROJECT

LAYOUT = Layout(PROJECT)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
KEYS = st.text("abc.-", min_size=1, max_size=3)
FACTS = st.recursive(
    SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.tuples(inner, inner), max_leaves=12
)


def plain(value: Any) -> Any:
    """What a stand-in says, read to the end."""
    if hasattr(value, "items"):
        return {str(key): plain(item) for key, item in value.items()}
    return tuple(map(plain, value)) if isinstance(value, tuple) else value


def paths(value: Any, path: ValuePath = ()) -> list[ValuePath]:
    """The paths of all mappings' entries."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in [(*path, key), *paths(item, (*path, key))]]
    if isinstance(value, tuple):
        return [found for index, item in enumerate(value) for found in paths(item, (*path, index))]
    return []


@given(FACTS)
def test_a_stand_in_reads_like_the_fact(fact: Any) -> None:
    assert plain(Recorder().over(SPEC, fact)) == fact


@given(FACTS)
def test_what_was_read_covers_all_that_was_read(fact: Any) -> None:
    """Many parts may be told as the whole, and a whole of which parts were read as these parts."""
    _, reads = recorded(plain, lambda recorder: recorder.over(SPEC, fact))
    told = [path for _, path in reads]
    for path in paths(fact):
        assert any(path[: len(each)] == each or each[: len(path)] == path for each in told)
    assert all(path in paths(fact) or any(p[: len(path)] == path for p in paths(fact)) for path in told)


@given(st.dictionaries(KEYS, st.text(max_size=3), min_size=1), st.data())
def test_one_read_is_told_alone(fact: dict[str, str], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(fact)))
    value, reads = recorded(lambda mapping: [mapping[key]], lambda recorder: recorder.over(SPEC, fact))
    assert reads == ((SPEC, (key,)),)
    assert kept_origins(value, (0,)) == reads


def test_that_a_key_is_absent_is_a_fact_too() -> None:
    found, reads = recorded(lambda mapping: "b" in mapping, lambda recorder: recorder.over(SPEC, {"a": 1}))
    assert (found, reads) == (False, ((SPEC, ("b",)),))


def test_an_item_without_an_origin_has_those_beside_it() -> None:
    def view(mapping: Any) -> list[dict[str, Any]]:
        return [{"name": name, "known": True} for name in mapping]

    value, _ = recorded(view, lambda recorder: recorder.over(SPEC, {"a": {"doc": "A"}, "b": {"doc": "B"}}))
    assert kept_origins(value, (1, "known")) == ((SPEC, ("b",)),)
    assert kept_origins(value, ()) == ()


@pytest.mark.parametrize("model_type", REPRESENTATIVES)
def test_every_view_makes_the_same_of_stand_ins(model_type: str) -> None:
    """And has a fact behind everything it makes."""
    _, tasks, _ = catalogue.load_vocabulary(LAYOUT)
    for kind in ("skillsets", "tests"):
        facts = Facts(LAYOUT, model_type, kind)
        context = file_context(FileSubject(facts.spec, LAYOUT, kind, facts.required))
        contexts = {None: context} | {
            name: task_context(facts.spec, tasks[name]) for name in facts.spec.tasks
        }
        for task, values in contexts.items():
            for name, value in values.items():
                assert facts._recorded(name, task)[0] == value
                assert facts.behind((name,), task)
