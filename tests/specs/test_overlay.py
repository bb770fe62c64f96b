"""The laws of merging: an overlay changes what it sets and nothing else, and leaves a trace."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from generator.errors import ProblemsFound
from generator.specs import overlay
from generator.specs.schema import ModelSpec
from generator.specs.yaml_source import Document, parse

names = st.sampled_from(["a", "b", "c", "title"])
scalars = st.none() | st.integers(0, 3) | st.sampled_from(["x", "y"]) | st.lists(st.integers(0, 2))
trees = st.recursive(scalars, lambda inner: st.dictionaries(names, inner, max_size=3), max_leaves=8)
mappings = st.dictionaries(names, trees, max_size=4)
patches = st.dictionaries(names, trees, min_size=1, max_size=4)
# Nothing in these is ever the same as in `mappings`, so each of them is a valid overlay.
other_trees = st.recursive(
    st.integers(10, 12), lambda inner: st.dictionaries(names, inner, min_size=1), max_leaves=8
)


def document(data: Any, path: str = "specs/models/m.yaml") -> Document:
    return parse(yaml.safe_dump(data, sort_keys=False).encode(), path)


def overlay_of(*sets: Any) -> Document:
    entries = [{"reason": "a good reason", "set": patch} for patch in sets]
    return document({"entries": entries}, "specs/overlays/m.yaml")


def apply(base: Any, *sets: Any) -> Document:
    return overlay.apply(document(base), overlay_of(*sets), ModelSpec)


def applied(base: Any, *sets: Any) -> Document:
    """As `apply`, for what generated data allows: an overlay that says nothing new is refused."""
    try:
        return apply(base, *sets)
    except ProblemsFound:
        assume(False)
        raise


def merged(base: Any, patch: Any) -> Any:
    """RFC 7396 (JSON Merge Patch), the definition that overlays follow."""
    if not isinstance(patch, dict):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def facts(found: Document) -> dict[str, Any]:
    return {key: value for key, value in found.data.items() if key != "provenance"}


@given(mappings, patches)
def test_merging_is_that_of_json_merge_patch(base: Any, patch: Any) -> None:
    assert facts(applied(base, patch)) == merged(base, patch)


@given(mappings, patches)
def test_the_derived_spec_is_not_touched(base: Any, patch: Any) -> None:
    derived, correction = document(base), overlay_of(patch)
    before = copy.deepcopy((derived, correction))
    try:
        overlay.apply(derived, correction, ModelSpec)
    except ProblemsFound:
        assume(False)
    assert (derived, correction) == before


@given(mappings, patches)
def test_a_second_time_changes_nothing_and_says_so(base: Any, patch: Any) -> None:
    once = applied(base, patch)
    settings = list(overlay.settings(overlay_of(patch), ModelSpec))
    with pytest.raises(ProblemsFound) as found:
        overlay.apply(once, overlay_of(patch), ModelSpec)
    assert len(found.value.problems) == len(settings)


@given(mappings, st.dictionaries(names, other_trees, min_size=2, max_size=4))
def test_the_order_of_entries_does_not_matter(base: Any, patch: Any) -> None:
    parts = [{key: value} for key, value in patch.items()]
    together = facts(apply(base, patch))
    assert facts(apply(base, *parts)) == facts(apply(base, *reversed(parts))) == together


@given(mappings, patches)
def test_every_fact_that_was_set_points_into_the_overlay(base: Any, patch: Any) -> None:
    correction, found = overlay_of(patch), applied(base, patch)
    provenance = found.data["provenance"]
    for setting in overlay.settings(correction, ModelSpec):
        place = correction.place(setting.source)
        assert found.place(setting.keys).path == place.path or setting.removes
        if not setting.removes:
            assert found.place(setting.keys) == place
            fact = ".".join(map(str, setting.keys))
            assert provenance[fact] == f"overlay specs/overlays/m.yaml:{place.line}"


@given(mappings, patches)
def test_what_was_not_set_stays_where_it_was(base: Any, patch: Any) -> None:
    derived, found = document(base), applied(base, patch)
    for keys, place in derived.places.items():
        if keys and keys[0] not in patch:
            assert found.places[keys] == place


def test_null_is_a_value_in_free_form_settings() -> None:
    found = apply({"tiny": {"config": {"pad": 1}}, "paper": "x"}, {"tiny": {"config": {"pad": None}}})
    assert facts(found) == {"tiny": {"config": {"pad": None}}, "paper": "x"}


def test_provenance_below_a_replaced_fact_is_dropped() -> None:
    base = {"tasks": {"a": {"x": 1}}, "provenance": {"tasks.a.x": "docs", "tasks.ab": "docs"}}
    found = apply(base, {"tasks": {"a": None}})
    assert found.data["provenance"] == {"tasks.ab": "docs"}
