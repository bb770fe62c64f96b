"""Whatever a spec or an overlay says: it is refused, or the files made from it are the same code as ever."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hostile_strings import assert_explained, assert_same_code, hostile, many
from hypothesis import given
from hypothesis import strategies as st

from generator import transforms
from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.plan import Planner, _finish
from generator.specs import catalogue, checks, overlay, yaml_source
from generator.specs.schema import ModelSpec, Overlay
from generator.specs.typed import validate
from generator.specs.yaml_source import Document, Place
from generator.transforms.shorten import restore, shorten

LAYOUT = Layout(Path(__file__).parents[2])
MODEL_TYPES = ("patchtst", "vit_mae", "canine", "pix2struct", "musicgen", "xclip")
"""Small ones, of several families."""
PLAIN = "innocent"
Keys = tuple[Any, ...]


@cache
def document(model_type: str) -> Document:
    """The spec as it is loaded, with its overlay."""
    path = LAYOUT.model_spec(model_type)
    found = yaml_source.read(path, LAYOUT.root)
    correction = LAYOUT.overlay(model_type)
    if not correction.exists():
        return found
    return overlay.apply(found, yaml_source.read(correction, LAYOUT.root), ModelSpec)


def places(data: Any, keys: Keys = ()) -> list[tuple[Keys, bool]]:
    """Every text in plain data, and every key; the latter is told apart by True."""
    if isinstance(data, dict):
        return [
            place
            for key, value in data.items()
            for place in [((*keys, key), True), *places(value, (*keys, key))]
        ]
    if isinstance(data, list):
        return [place for number, value in enumerate(data) for place in places(value, (*keys, number))]
    return [(keys, False)]


def replaced(data: Any, keys: Keys, is_key: bool, text: str) -> Any:
    """A copy of plain data with a text in the place of another value or key."""
    data = copy.deepcopy(data)
    *path, last = keys
    owner = data
    for key in path:
        owner = owner[key]
    if is_key:
        items = [(text if key == last else key, value) for key, value in owner.items()]
        owner.clear()
        owner.update(items)
    else:
        owner[last] = text
    return data


def titled(data: Any, text: str) -> Any:
    """The same under a title that is in every file: most other facts are names, and refuse most texts."""
    return {**data, "title": text, "checkpoint": text} if {"title", "checkpoint"} <= data.keys() else data


facts = st.sampled_from(MODEL_TYPES).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(places(document(name).data)))
)


@cache
def loader() -> catalogue.Loader:
    return catalogue.Loader(LAYOUT)


@cache
def planner() -> Planner:
    return Planner(LAYOUT)


def load(name: str, data: Any) -> ModelSpec:
    """What a spec file with this data would be loaded as; raises as that would."""
    original = document(name)
    located = validate(ModelSpec, Document(original.path, data, original.places))
    kinds = catalogue.VOCABULARY
    known = {(kind.folder, each): loader().get(kind, each) for kind in kinds for each in loader().names(kind)}
    names = {kind.folder: loader().names(kind) for kind in kinds}
    problems = [
        *checks.name_problems(located, "model_type", name, name),
        *checks.model_problems(located, known, names),
    ]
    if problems:
        raise ProblemsFound(problems)
    return located.value


@cache
def drafts(name: str, keys: Keys | None, is_key: bool) -> tuple[str, str]:
    """The files of a spec that says something innocent instead; of the spec itself where that is refused."""
    data = document(name).data
    if keys is not None:
        try:
            return made(load(name, titled(replaced(data, keys, is_key, PLAIN), PLAIN)))
        except ProblemsFound:
            return drafts(name, None, False)
    return made(load(name, data))


def made(spec: ModelSpec) -> tuple[str, str]:
    return planner().test(spec).text, planner().skillset(spec, tuple(spec.tasks)).text


@pytest.fixture(scope="module")
def untransformed():
    """What transforms take out, and that they take out nothing else, is looked at in whole files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transforms, "apply", lambda source, _: source)
        drafts.cache_clear()
        yield
    drafts.cache_clear()


@many("facts")
@given(facts, hostile)
def test_a_fact_is_refused_or_inert(untransformed, fact, text):
    name, (keys, is_key) = fact
    try:
        files = made(load(name, titled(replaced(document(name).data, keys, is_key, text), text)))
    except ProblemsFound as found:
        assert_explained(found)
        return
    for file, plain in zip(files, drafts(name, keys, is_key), strict=True):
        assert_same_code(file, plain, text, PLAIN)


@many("whole files")
@given(st.sampled_from(MODEL_TYPES), hostile, hostile)
def test_a_finished_file_is_refused_or_inert(name, title, checkpoint):
    """With transforms, formatting and checks, of which importing the skillset is one."""
    drafts.cache_clear()
    spec = load(name, document(name).data)
    spec = spec.model_copy(update={"title": title, "checkpoint": checkpoint})
    file = planner().skillset(spec, tuple(spec.tasks))
    [finished] = _finish(LAYOUT, {Path(file.facts.path): file}).values()
    if isinstance(finished, ProblemsFound):
        assert_explained(finished)
    else:
        assert_same_code(finished, LAYOUT.skillset(name).read_text(encoding="utf-8"), title, PLAIN)


def corrected(name: str, keys: Keys, text: str, reason: str) -> Any:
    """The data of a spec with one fact set by an overlay, as that is merged over it."""
    value: Any = text
    for key in reversed(keys):
        value = {key: value}
    data = {"entries": [{"reason": reason, "set": value}]}
    correction = Document(f"specs/overlays/{name}.yaml", data, {(): Place(f"specs/overlays/{name}.yaml", 1)})
    validate(Overlay, correction)
    return overlay.apply(document(name), correction, ModelSpec).data


@many("overlays")
@given(facts.filter(lambda fact: all(isinstance(key, str) for key in fact[1][0])), hostile, hostile)
def test_an_overlay_is_refused_or_inert(untransformed, fact, text, reason):
    name, (keys, _) = fact
    try:
        files = made(load(name, corrected(name, keys, text, f"{reason} and ten characters")))
    except ProblemsFound as found:
        assert_explained(found)
        return
    for file, plain in zip(files, drafts(name, keys, False), strict=True):
        assert_same_code(file, plain, text, PLAIN)


@pytest.mark.parametrize("name", MODEL_TYPES)
def test_a_docstring_cannot_say_what_stands_for_a_statement(name):
    """While a file is transformed, a line stands for each long statement."""
    source = LAYOUT.skillset(name).read_text(encoding="utf-8")
    said = "\n".join(shorten(source)[1])
    assert "\n" in said or "statement" in said
    hostile_source = f'class A:\n    """x\n{said}\n    """\n\n\n"""x\n{said}\n"""\n{source}'
    short, stands_for = shorten(hostile_source)
    assert restore(short, stands_for) == hostile_source
