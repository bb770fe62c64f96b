"""Whatever tasks, targets and precisions say: it is refused, or the files made from it are the same code."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hostile_strings import NAMES, assert_explained, assert_same_code, hostile, many
from hypothesis import given
from hypothesis import strategies as st
from test_hostile_facts import LAYOUT, PLAIN, loader, places, planner, replaced, untransformed

from generator import formatting, targets
from generator.errors import ProblemsFound, raise_if_any
from generator.plan import Planner
from generator.sanity import GeneratedFile
from generator.sanity.subject import Subject
from generator.sanity.text import binds_each_name_once, syntax_error
from generator.specs import catalogue, checks, index, yaml_source
from generator.specs.schema import Hardware, ModelSpec, PrecisionSpec, Task
from generator.specs.typed import Located, validate
from generator.specs.yaml_source import Document

__all__ = ["untransformed"]

TASKS = (
    "time-series-forecasting",
    "masked-image-modeling",
    "text-classification",
    "zero-shot-video-classification",
    "text-to-audio",
    "image-segmentation",
)


@cache
def user(task: str) -> Located[ModelSpec]:
    """The first type that has a task."""
    entries = sorted(index.read(LAYOUT).models.items())
    return next(catalogue.load_located_model(LAYOUT, name) for name, entry in entries if task in entry.tasks)


@cache
def task_document(name: str) -> Document:
    return yaml_source.read(LAYOUT.task(name), LAYOUT.root)


def load_task(name: str, data: object) -> Task:
    """What a task's file with this data would be loaded as; raises as that would."""
    located = validate(Task, Document(f"specs/tasks/{name}.yaml", data, task_document(name).places))
    problems = [*checks.name_problems(located, "name", name, name), *checks.task_problems(located, LAYOUT)]
    if problems:
        raise ProblemsFound(problems)
    return located.value


def fragments(task: Task) -> tuple[str, str]:
    """What a test and a skillset have of the task, of a type that has it; raises where it cannot."""
    spec = user(task.name)
    known = {("tasks", task.name): Located(task, task_document(task.name))}
    names = {kind.folder: loader().names(kind) for kind in catalogue.VOCABULARY}
    raise_if_any(checks.model_problems(spec, known, names))
    made = copy(planner())
    made._tasks = {**made._tasks, task.name: task}
    return tuple(made._task(spec.value, task.name, folder) for folder in ("tests", "skillsets"))


@cache
def plain_fragments(name: str, keys: tuple[object, ...], is_key: bool) -> tuple[str, str]:
    data = task_document(name).data
    try:
        return fragments(load_task(name, replaced(data, keys, is_key, PLAIN)))
    except ProblemsFound:
        return fragments(load_task(name, data))


facts = st.sampled_from(TASKS).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(places(task_document(name).data)))
)


@many("tasks")
@given(facts, hostile)
def test_a_fact_of_a_task_is_refused_or_inert(untransformed, fact, text):
    name, (keys, is_key) = fact
    try:
        files = fragments(
            load_task(name, {**replaced(task_document(name).data, keys, is_key, text), "doc": text})
        )
    except ProblemsFound as found:
        assert_explained(found)
        return
    for file, plain in zip(files, plain_fragments(name, keys, is_key), strict=True):
        assert_same_code(file, plain, text, PLAIN)


TAKEN = (
    "zip",
    "torch",
    "handler",
    "texts",
    "several",
    "pytest",
    "input-error",
    "skillset",
    "print",
    "1a",
    "none",
    "list",
)


@pytest.mark.parametrize("name", sorted({*NAMES, *TAKEN}))
def test_a_task_of_any_name_takes_the_place_of_nothing(name):
    """Refused by its name, or by what its files would bind; or there is nothing wrong with them."""
    spec = catalogue.load_model(LAYOUT, "canine")
    task, data = "text-classification", task_document("text-classification").data
    try:
        located = validate(
            Task, Document("specs/tasks/x.yaml", {**data, "name": name}, task_document(task).places)
        )
        problems = list(checks.name_problems(located, "name", name, name))
        if problems:
            raise ProblemsFound(problems)
        maker = Planner(LAYOUT)
        maker._tasks = {**maker._tasks, name: located.value}
        tasks = {name: spec.tasks[task], **{key: value for key, value in spec.tasks.items() if key != task}}
        renamed = spec.model_copy(update={"tasks": tasks, "default_task": name})
        drafts = [maker.test(renamed), maker.skillset(renamed, tuple(tasks))]
    except ProblemsFound as found:
        assert_explained(found)
        return
    for draft in drafts:
        path = Path(draft.facts.path)
        assert syntax_error(draft) is None
        text = formatting.format_sources({path: draft.text}, LAYOUT.root / "pyproject.toml")[path]
        wrong = list(binds_each_name_once(Subject({path: GeneratedFile(text, draft.facts)}, path, LAYOUT)))
        if wrong:
            return
    assert name not in TAKEN


@cache
def vocabulary_documents() -> tuple[tuple[type, Document], ...]:
    found = [(Hardware, LAYOUT.hardware(name)) for name in ("cuda", "qualcomm", "webnn")]
    found += [(PrecisionSpec, LAYOUT.precision(name)) for name in ("int4", "float32")]
    return tuple((model, yaml_source.read(path, LAYOUT.root)) for model, path in found)


def runtime_text(monkeypatch: pytest.MonkeyPatch, model: type, document: Document) -> str:
    """skillset_runtime/targets.py with one spec in the place of another of its name."""
    located = validate(model, document)
    stem = Path(document.path).stem
    problems = [*checks.name_problems(located, "name", stem, stem)]
    if problems:
        raise ProblemsFound(problems)
    families, tasks, hardware = vocabulary()
    precisions = catalogue_precisions()
    if model is Hardware:
        hardware = {**hardware, stem: located.value}
    else:
        precisions = {**precisions, stem: located.value}
    monkeypatch.setattr(catalogue, "load_vocabulary", lambda _: (families, tasks, hardware))
    monkeypatch.setattr(catalogue, "load_precisions", lambda _: precisions)
    return targets.text(LAYOUT)


vocabulary = cache(lambda: catalogue.load_vocabulary(LAYOUT))
catalogue_precisions = cache(lambda: catalogue.load_precisions(LAYOUT))
target_facts = st.sampled_from(range(5)).flatmap(
    lambda number: st.tuples(st.just(number), st.sampled_from(places(vocabulary_documents()[number][1].data)))
)


@many("targets")
@given(target_facts, hostile)
def test_a_fact_of_a_target_is_refused_or_inert(fact, text):
    number, (keys, is_key) = fact
    model, document = vocabulary_documents()[number]
    vocabulary(), catalogue_precisions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formatting, "format_sources", lambda files, _: files)
        changed = replace(document, data=replaced(document.data, keys, is_key, text))
        try:
            file = runtime_text(patch, model, changed)
        except ProblemsFound as found:
            assert_explained(found)
            return
        try:
            innocent = replace(document, data=replaced(document.data, keys, is_key, PLAIN))
            plain = runtime_text(patch, model, innocent)
        except ProblemsFound:
            plain = runtime_text(patch, model, document)
    assert_same_code(file, plain, text, PLAIN)
