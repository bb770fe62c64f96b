"""Deriving specs: from both sources, from one, from none; and the text they are written as."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.derivation import named_by_overlay
from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.sources.derive import Derived, Named, Sources, derive_from, dump
from generator.sources.heads import family_of
from generator.sources.library import Library
from generator.sources.merge import at
from generator.sources.source import Processor, Transformers
from generator.specs.schema import Family, ModelSpec, ProcessorClass, ProcessorKind, Task
from tests.sources.birds import PAGE
from tests.sources.conftest import CHECKOUT

Deriver = Callable[..., Derived]
LARK = "# Lark\n\n[[autodoc]] LarkConfig\n"


@pytest.fixture
def derived(birds: Transformers, tasks: Mapping[str, Task], families: Mapping[str, Family]) -> Deriver:
    def run(
        model_type: str,
        library: Library | None = None,
        previous: ModelSpec | None = None,
        transformers: Transformers | None = birds,
    ) -> Derived:
        return derive_from(Sources(transformers, library), model_type, previous, tasks, families)

    return run


@pytest.fixture
def wren(derived: Deriver, library: Callable[..., Library]) -> Derived:
    return derived("wren", library(wren=PAGE))


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(PAGE.split("\n"), 1) if text in line)


def test_facts_of_the_docs(wren: Derived):
    spec = wren.spec
    assert (spec.title, spec.docs_page) == ("The Wren v2", "model_doc/wren.md")
    assert (spec.released, spec.added) == (date(2020, 2, 29), date(2021, 3, 4))
    assert spec.paper == "https://huggingface.co/papers/2001.00001"
    assert spec.provenance["added"] == "docs model_doc/wren.md:2"
    assert spec.provenance["title"] == f"docs model_doc/wren.md:{line_of('# The')}"


def test_the_source_has_no_checkpoint_so_the_samples_give_it(wren: Derived):
    assert wren.spec.checkpoint == "birds/wren-mask"
    assert wren.spec.provenance["checkpoint"] == f"docs model_doc/wren.md:{line_of('pipeline(task')}"


def test_tasks_have_the_first_head_that_fits(wren: Derived):
    tasks = wren.spec.tasks
    assert {name: task.model_class for name, task in tasks.items()} == {
        "feature-extraction": "WrenModel",
        "fill-mask": "WrenForMaskedLM",
    }
    assert tasks["fill-mask"].inputs == {"input_ids": "Tensor", "attention_mask": "Tensor | None"}
    assert list(tasks["fill-mask"].outputs) == ["loss", "logits"]
    assert (wren.spec.family, wren.spec.default_task) == ("text_embedding", "fill-mask")


def test_behaviour_is_that_of_the_default_task(
    wren: Derived, derived: Deriver, library: Callable[..., Library]
):
    assert (wren.spec.attention, wren.spec.generates, wren.spec.batching) == (
        ("eager", "sdpa"),
        False,
        "padded",
    )
    lark = derived("lark", library(lark=LARK)).spec
    assert (lark.attention, lark.generates) == (("eager", "sdpa"), True)
    assert lark.submodels == {"eye_config": "lark_eye", "text_config": "lark_text", "wing_config": "wren"}
    assert lark.placeholders == {"image": "<image>", "audio": "<ear>"}
    assert lark.processors[1] == ProcessorClass(
        kind=ProcessorKind.IMAGE_PROCESSOR, class_name="LarkImageProcessorPil", backend="pil"
    )


def test_normalisation_over_the_length_means_one_by_one(derived: Deriver, library: Callable[..., Library]):
    page = "# Swift\n\n```py\nAutoModel.from_pretrained('birds/swift')\n```\n\n[[autodoc]] SwiftConfig\n"
    spec = derived("swift", library(swift=page)).spec
    assert spec.batching == "single"
    assert spec.provenance["batching"].endswith("configuration_swift.py:SwiftConfig.feat_extract_norm")


def test_the_source_wins_and_the_disagreement_is_told(derived: Deriver, library: Callable[..., Library]):
    sample = "```py\nAutoModelForImageTextToText.from_pretrained('birds/lark-huge')\n```\n"
    option = f'<hfoption id="AutoModel">\n\n{sample}\n</hfoption>\n'
    found = derived("lark", library(lark=f"{option}\n{LARK}"))
    assert found.spec.checkpoint == "birds/lark-small"
    assert found.spec.tasks["image-text-to-text"].checkpoint == "birds/lark-huge"
    assert found.conflicts == (
        "checkpoint: models/lark/configuration_lark.py:LarkConfig says 'birds/lark-small', "
        "model_doc/lark.md:4 says 'birds/lark-huge'",
    )


def test_samples_outside_the_usage_give_no_task_a_checkpoint(
    derived: Deriver, library: Callable[..., Library]
):
    sample = "```py\nAutoModelForImageTextToText.from_pretrained('birds/lark-huge')\n```\n"
    found = derived("lark", library(lark=f"{sample}\n{LARK}"))
    assert found.spec.tasks["image-text-to-text"].checkpoint is None


def test_what_the_docs_have_and_the_source_has_not_is_told(wren: Derived):
    assert wren.conflicts == (
        f"model_doc/wren.md:{line_of('WrenGone')}: documents WrenGone, which transformers does not have",
        "model_doc/wren.md:6: has the badge FlashAttention, which "
        "models/wren/modeling_wren.py:WrenPreTrainedModel does not support",
    )


def test_missing_facts_are_told(derived: Deriver, library: Callable[..., Library]):
    assert derived("lark", library(lark=LARK)).missing == (
        "released: not on model_doc/lark.md",
        "added: not on model_doc/lark.md",
        "paper: not on model_doc/lark.md",
    )


def test_every_fact_has_a_provenance(wren: Derived):
    spec = wren.spec
    data = spec.model_dump(exclude_defaults=True, exclude={"provenance"})
    for name in data.keys() - {"tasks", "processors", "placeholders"}:
        assert spec.provenance[name]
    for task, binding in data["tasks"].items():
        assert {f"tasks.{task}", f"tasks.{task}.template", f"tasks.{task}.inputs"} < spec.provenance.keys()
        assert ("outputs" in binding) == (f"tasks.{task}.outputs" in spec.provenance)
    assert {f"processors.{item.kind}" for item in spec.processors} < spec.provenance.keys()
    assert all(
        origin.startswith(("docs model_doc/", "source models/", "source modeling_", "rule "))
        for origin in spec.provenance.values()
    )
    assert all(at(spec, path) is not None for path in spec.provenance)


# Absent sources.


def test_without_docs_their_facts_are_kept(derived: Deriver, wren: Derived):
    again = derived("wren", None, wren.spec)
    assert again.spec == wren.spec
    assert dump(again.spec) == dump(wren.spec)
    assert again.missing == ("docs: no folder is set; what they said before is kept",)


def test_without_the_page_its_facts_are_kept(derived: Deriver, wren: Derived, tmp_path: Path):
    (tmp_path / "wren.md").unlink()
    assert derived("wren", Library(tmp_path), wren.spec).spec == wren.spec


def test_without_transformers_its_facts_are_kept(
    derived: Deriver, wren: Derived, library: Callable[..., Library]
):
    assert derived("wren", library(wren=PAGE), wren.spec, None).spec == wren.spec
    newer = derived("wren", library(wren=PAGE.replace("2020-02-29", "2019-01-01")), wren.spec, None)
    assert newer.spec.released == date(2019, 1, 1)
    assert newer.spec.tasks == wren.spec.tasks
    assert newer.missing == ("transformers: not installed; what it said before is kept",)


def test_without_both_all_is_kept(derived: Deriver, wren: Derived):
    assert derived("wren", None, wren.spec, None).spec == wren.spec


def test_a_type_that_transformers_dropped_is_kept(derived: Deriver, wren: Derived):
    gone = wren.spec.model_copy(update={"model_type": "dodo"})
    found = derived("dodo", None, gone)
    assert found.spec == gone
    assert (
        'transformers: the installed one has no model type "dodo"; what it said before is kept'
        in found.missing
    )


def test_a_fact_that_left_its_page_is_dropped(
    derived: Deriver, wren: Derived, library: Callable[..., Library]
):
    page = PAGE.replace("https://huggingface.co/papers/2001.00001", "https://example.org")
    assert derived("wren", library(wren=page), wren.spec).spec.paper is None


def test_a_task_that_is_gone_takes_its_kept_checkpoint_along(derived: Deriver, wren: Derived):
    bindings = {**wren.spec.tasks, "translation": wren.spec.tasks["fill-mask"]}
    origins = {**wren.spec.provenance, "tasks.translation.checkpoint": "docs model_doc/wren.md:1"}
    bindings["translation"] = bindings["translation"].model_copy(update={"checkpoint": "a/b"})
    earlier = wren.spec.model_copy(update={"tasks": bindings, "provenance": origins})
    assert derived("wren", None, earlier).spec == wren.spec


# Problems.


@pytest.mark.parametrize(
    ("model_type", "message"),
    [
        (
            "wrenn",
            'specs/models/wrenn.yaml: transformers has no model type "wrenn"; did you mean "wren"?',
        ),
        (
            "swift",
            "specs/models/swift.yaml: no source names a checkpoint; name one in an overlay",
        ),
        (
            "lark_eye",
            'specs/models/lark_eye.yaml: no task of specs/tasks/ has a head that fits model type "lark_eye"; '
            "its auto classes: AutoModel",
        ),
    ],
)
def test_a_type_that_cannot_be_derived(derived: Deriver, model_type: str, message: str):
    with pytest.raises(ProblemsFound) as found:
        derived(model_type)
    assert str(found.value) == message


def test_no_transformers_and_no_earlier_spec(derived: Deriver):
    with pytest.raises(ProblemsFound, match="transformers is not installed; install it to derive specs"):
        derived("wren", None, None, None)


def test_one_broken_page_costs_one_model(tasks, families, tmp_path: Path):
    (tmp_path / "bert.md").write_bytes(b"caf\xe9 [[autodoc]] BertConfig\n")
    (tmp_path / "gpt2.md").write_bytes(b"# GPT two\n\n[[autodoc]] GPT2Config\n")
    sources = Sources.of(tmp_path)
    with pytest.raises(ProblemsFound, match=r"model_doc/bert\.md:1: is not UTF-8"):
        derive_from(sources, "bert", None, tasks, families)
    assert derive_from(sources, "gpt2", None, tasks, families).spec.title == "GPT two"


# Pages of types.


def test_the_page_of_a_type(library: Callable[..., Library]):
    pages = library(
        lark="# Lark\n\n[[autodoc]] LarkConfig\n",
        birds="# Birds\n\n[[autodoc]] LarkConfig\n[[autodoc]] SwiftConfig\n",
        wren="# Wren\n\n[[autodoc]] WrenConfig - all\n",
        **{"old-wren": "# Old wren\n"},
    )

    def about(*names: str) -> str | None:
        page = pages.page_about(*names)
        return page.name if page else None

    assert about("lark", "lark", "LarkConfig") == "lark"  # named like the type, of two that document it
    assert about("swift", "swift", "SwiftConfig") == "birds"  # the one that documents it
    assert (
        about("old_wren", "wren", "WrenConfig") == "old-wren"
    )  # named like the type, which borrows its config
    assert about("eldest", "wren", "WrenConfig") == "wren"  # named like the package
    assert about("dove", "dove", "DoveConfig") is None


# Families.


def test_the_leading_task_decides_the_family(families: Mapping[str, Family]):
    def family(*names: str) -> str | None:
        found = family_of(names, families)
        return found[0].name if found else None

    assert family("feature-extraction", "text-generation") == "text_generation"
    assert family("feature-extraction", "fill-mask", "text-generation") == "text_embedding"
    assert family("feature-extraction") == "text_embedding"
    assert family("image-classification", "zero-shot-image-classification") == "multimodal"
    assert family("image-classification") == "vision"
    assert family() is None


# The text.


def test_the_text_is_the_spec(wren: Derived):
    text = dump(wren.spec)
    assert text.startswith("# yaml-language-server: $schema=../schemas/model.schema.json\nmodel_type: wren\n")
    assert ModelSpec.model_validate(yaml.safe_load(text)) == wren.spec
    assert list(yaml.safe_load(text)) == [n for n in ModelSpec.model_fields if n in yaml.safe_load(text)]
    assert "  - {kind: tokenizer, class_name: WrenTokenizer}\n" in text


NASTY = st.text(max_size=40) | st.sampled_from(
    [
        '"""',
        "{{ x }}",
        "__import__('os')",
        "a: b # c",
        "- x",
        "\x85\u2028",
        "no",
        "2020-01-01",
        "\ufeff\ufffe",
    ]
)


@settings(max_examples=150, deadline=None)
@given(title=NASTY, checkpoint=NASTY, annotation=NASTY, token=NASTY)
def test_any_string_survives_the_text(title: str, checkpoint: str, annotation: str, token: str):
    spec = ModelSpec(
        model_type="wren",
        title=title,
        family="f",
        package="p",
        checkpoint=checkpoint,
        config_class="C",
        default_task="t",
        tasks={"t": {"model_class": "M", "template": "m", "inputs": {"x": annotation}}},
        placeholders={"image": token},
        released=date(2020, 1, 1),
        provenance={"title": title},
    )
    assert ModelSpec.model_validate(yaml.safe_load(dump(spec))) == spec


def test_a_hostile_page_is_inert_text(derived: Deriver, library: Callable[..., Library]):
    title = '{{ 7 * 7 }} `__import__(\'os\')` """ # {% raw %}'
    found = derived("lark", library(lark=f"# {title}\n\n[[autodoc]] LarkConfig\n"))
    assert found.spec.title == title.replace("`", "")
    assert ModelSpec.model_validate(yaml.safe_load(dump(found.spec))) == found.spec


def test_processors_that_an_overlay_names_decide_which_tasks_there_are(tasks, families):
    sources = Sources.of(None)
    processor = Processor(ProcessorKind.PROCESSOR, {None: "LlavaProcessor"}, "overlay here")
    with pytest.raises(ProblemsFound, match="no task"):
        derive_from(sources, "fast_vlm", None, tasks, families)
    spec = derive_from(sources, "fast_vlm", None, tasks, families, Named(processors=(processor,))).spec
    assert spec.tasks["image-text-to-text"].model_class == "FastVlmForConditionalGeneration"
    assert spec.provenance["processors.processor"] == "overlay here"


# The committed specs.


@pytest.mark.parametrize(
    "path", sorted((CHECKOUT / "specs" / "models").glob("*.yaml")), ids=lambda path: path.stem
)
def test_a_committed_spec_is_what_the_installed_transformers_says(path: Path, tasks, families):
    text = path.read_text("utf-8")
    committed = ModelSpec.model_validate(yaml.safe_load(text))
    name = committed.model_type
    named = named_by_overlay(Layout(CHECKOUT), name)
    assert dump(derive_from(Sources.of(None), name, committed, tasks, families, named).spec) == text


def test_the_bytes_do_not_depend_on_the_hash_seed():
    code = (
        "import yaml; from pathlib import Path;"
        "from generator.sources.derive import Sources, derive_from, dump;"
        "from generator.specs.schema import Family, Task;"
        "read = lambda folder, model: {p.stem: model.model_validate(yaml.safe_load(p.read_text()))"
        " for p in Path('specs', folder).glob('*.yaml')};"
        "t, f = read('tasks', Task), read('families', Family);"
        "s = Sources.of(None);"
        "print(*(dump(derive_from(s, m, None, t, f).spec) for m in ('bert', 'llava', 'wav2vec2')))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
