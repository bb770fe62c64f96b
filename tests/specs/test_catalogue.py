"""Loading specs: typed, frozen, located; one model costs only what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.specs import catalogue, typed
from generator.specs.jsonschema import first_line

REPOSITORY = Layout(Path(__file__).parents[2])


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_the_specs_of_this_repository_are_good() -> None:
    found = catalogue.load(REPOSITORY)
    files = sorted(file.stem for file in (REPOSITORY.specs / "models").glob("*.yaml"))
    assert list(found.models) == files
    assert all(found.models[name] == catalogue.load_model(REPOSITORY, name) for name in files)


@pytest.mark.parametrize("kind", catalogue.KINDS, ids=lambda kind: kind.folder)
def test_every_spec_of_this_repository_names_its_schema(kind: catalogue.Kind) -> None:
    name = {"aliases": "aliases", "families": "family", "hardware": "hardware"}.get(
        kind.folder, kind.folder[:-1]
    )
    for file in (REPOSITORY.specs / kind.folder).glob("*.yaml"):
        assert file.read_text("utf-8").splitlines()[0] == first_line(name), file


def test_loaded_facts_do_not_change(layout: Layout) -> None:
    found = catalogue.load(layout)
    with pytest.raises(ValidationError):
        found.models["bert"].title = "other"
    with pytest.raises(TypeError):
        found.models["gpt2"] = found.models["bert"]


def test_later_stages_can_name_the_line_of_a_fact(layout: Layout) -> None:
    keys = ("tasks", "fill-mask", "outputs")
    problem = catalogue.load(layout).problem(catalogue.MODELS, "bert", keys, "no logits")
    assert str(problem) == "specs/models/bert.yaml:22: no logits"


def test_a_model_is_not_held_up_by_what_it_does_not_need(layout: Layout) -> None:
    layout.task("feature-extraction").write_text("not: a task\n")
    layout.model_spec("broken").write_text("]")
    assert catalogue.load_model(layout, "bert").title == "BERT"
    with pytest.raises(ProblemsFound):
        catalogue.load(layout)


@pytest.mark.parametrize("path", ["tasks/fill-mask", "families/text_embedding", "hardware/cpu"])
def test_a_model_is_held_up_by_what_it_needs(layout: Layout, path: str) -> None:
    (layout.specs / f"{path}.yaml").write_text("titel: x\n")
    with pytest.raises(ProblemsFound, match=f"specs/{path}.yaml:1: unknown key"):
        catalogue.load_model(layout, "bert")


def test_a_model_that_is_not_there(layout: Layout) -> None:
    with pytest.raises(ProblemsFound) as found:
        catalogue.load_model(layout, "brt")
    assert str(found.value) == 'specs/models: there is no spec of "brt"; did you mean "bert"?'
    with pytest.raises(ProblemsFound, match="doit specs:whisper"):
        catalogue.load_model(layout, "whisper")


@pytest.mark.parametrize("name", ["../bert", "", "/etc/passwd", "bert/", "be\0rt", "a" * 5000])
def test_an_unsafe_name_is_a_model_that_is_not_there(layout: Layout, name: str) -> None:
    with pytest.raises(ProblemsFound, match="there is no spec of"):
        catalogue.load_model(layout, name)


def test_unreadable_files_are_problems(layout: Layout) -> None:
    layout.model_spec("folder").mkdir()
    layout.model_spec("nowhere").symlink_to("missing.yaml")
    with pytest.raises(ProblemsFound) as found:
        catalogue.load(layout)
    assert [str(problem) for problem in found.value.problems] == [
        "specs/models/folder.yaml: cannot be read: Is a directory",
        "specs/models/nowhere.yaml: cannot be read: No such file or directory",
    ]


def test_no_specs_at_all_is_an_empty_catalogue(tmp_path: Path) -> None:
    found = catalogue.load(Layout(tmp_path))
    assert not found.models and not found.tasks


def test_the_vocabulary_loads_without_a_model(layout: Layout) -> None:
    layout.model_spec("bert").write_text("]")
    families, tasks, hardware = catalogue.load_vocabulary(layout)
    assert (list(families), list(hardware)) == (["text_embedding"], ["cpu"])
    assert list(tasks) == ["feature-extraction", "fill-mask"]


def test_every_pattern_of_the_schema_is_put_in_words() -> None:
    declared = [patterns_in(kind.model.model_json_schema()) for kind in catalogue.KINDS]
    open_ended = {pattern for pattern in set().union(*declared) if "|" not in pattern}
    assert open_ended == set(typed.PATTERNS)


def patterns_in(json_schema: Any) -> set[str]:
    if isinstance(json_schema, list):
        return set().union(*map(patterns_in, json_schema))
    if not isinstance(json_schema, dict):
        return set()
    own = {json_schema["pattern"]} if isinstance(json_schema.get("pattern"), str) else set()
    keys = set(json_schema.get("patternProperties", ()))
    return own.union(keys, *map(patterns_in, json_schema.values()))
