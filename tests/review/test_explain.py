"""`explain` on real generated files: the template, the facts and their places, and what cannot be told."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest
from representatives import ONE_OF_EACH_FAMILY

from generator import commands, transforms
from generator.errors import EXIT_BUG, ProblemsFound
from generator.naming import Layout
from generator.review import explain as explaining
from generator.review.explain import NOT_PLANNED, ExplainedLine, Explainer, Explanation
from generator.review.provenance import Fact
from generator.sanity import GeneratedFile
from generator.views import FileSubject
from tests.review.overlaid import PROJECT, checkout

SKILLSET = PurePath("generated/skillsets/hf_bert.py")
HANDLER = "templates/skillsets/tasks/_handler.py.j2"
LAYOUT = Layout(PROJECT)
EXPLAINER = Explainer(LAYOUT)


def explained(path: PurePath, layout: Layout = LAYOUT) -> Explanation:
    explainer = EXPLAINER if layout is LAYOUT else Explainer(layout)
    return explainer.explain(path, (layout.root / path).read_text())


def line_of(explanation: Explanation, text: str) -> ExplainedLine:
    return next(line for line in explanation.lines if line.text.strip() == text)


def text_at(layout: Layout, path: str, line: int) -> str:
    return (layout.root / path).read_text().split("\n")[line - 1].strip()


@pytest.fixture(scope="module")
def bert() -> Explanation:
    return explained(SKILLSET)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    layout = checkout(tmp_path / "checkout", "bert")
    monkeypatch.chdir(layout.root)
    return layout


def overlay(layout: Layout, text: str) -> None:
    layout.overlay("bert").write_text(f"entries:\n  - reason: to see what becomes of it\n    set:\n{text}")


def test_a_line_names_its_template_its_fact_and_where_that_came_from(bert: Explanation) -> None:
    (source,) = line_of(bert, 'model_class = "BertForMaskedLM"').sources
    assert (source.path, source.text.strip()) == (HANDLER, "model_class = {{ model_class | literal }}")
    assert text_at(LAYOUT, source.path, source.line) == source.text.strip()
    (fact,) = source.facts
    assert (fact.name, fact.value) == ("tasks.fill-mask.model_class", '"BertForMaskedLM"')
    assert text_at(LAYOUT, *fact.place) == "model_class: BertForMaskedLM"
    assert fact.origin == "source models/auto/modeling_auto.py:MODEL_FOR_MASKED_LM_MAPPING_NAMES"


def test_the_way_leads_from_the_files_template_through_the_tasks_fragment(bert: Explanation) -> None:
    (source,) = line_of(bert, 'model_class = "BertForMaskedLM"').sources
    assert [(step.template, step.does) for step in source.through] == [
        ("templates/skillsets/text_embedding.py.j2", "extends templates/skillsets/_base.py.j2"),
        ("templates/skillsets/_base.py.j2", "prints templates/skillsets/tasks/fill_mask.py.j2"),
        ("templates/skillsets/tasks/fill_mask.py.j2", f"extends {HANDLER}"),
    ]
    printing = source.through[1]
    assert text_at(LAYOUT, printing.template, printing.line) == "{{ task.code }}"
    assert printing.fact.name == "tasks.fill-mask.template"
    assert text_at(LAYOUT, *printing.fact.place) == "template: fill_mask"


def test_a_fact_from_a_docs_page_names_its_line(bert: Explanation) -> None:
    first = bert.lines[0].sources[0]
    assert first.facts[0].name == "title"
    assert first.facts[0].origin.startswith("docs model_doc/bert.md:")


def test_a_line_of_several_templates_names_them_in_order(bert: Explanation) -> None:
    line = line_of(bert, "Takes a text with a mask token, or a list of texts.")
    assert [source.path for source in line.sources] == [
        HANDLER,
        "templates/skillsets/tasks/fill_mask.py.j2",
    ]


def test_an_import_names_all_that_it_was_joined_from_and_what_was_taken_out(bert: Explanation) -> None:
    joined = next(line for line in bert.lines if line.text.startswith("from skillset_runtime.inputs"))
    names = joined.text.partition("import ")[2].split(", ")
    assert [source.text for source in joined.sources] == [
        f"from skillset_runtime.inputs import {name}" for name in names
    ]
    assert explaining.IMPORTS in joined.notes
    trimmed = next(line for line in bert.lines if line.text.startswith("from skillset_runtime import"))
    assert "taken out, being unused here: samples" in trimmed.notes


def test_a_condition_that_did_not_hold_is_told_by_its_facts(bert: Explanation) -> None:
    (source,) = line_of(bert, "inputs = self.tokenized(texts)").sources[:1]
    assert "{% if unmasked %}" in source.text
    assert [fact.name for fact in source.deciding] == [
        "tasks.fill-mask.inputs.input_ids",
        "tasks.fill-mask.inputs.attention_mask",
    ]


def test_an_item_of_a_loop_has_its_own_fact(bert: Explanation) -> None:
    (source,) = line_of(bert, "QuestionAnswering,").sources
    assert [fact.name for fact in source.facts] == ["tasks.question-answering"]


def test_an_included_template_is_told_by_what_includes_it() -> None:
    line = line_of(explained(PurePath("generated/tests/test_hf_bert.py")), "def several(value):")
    (source,) = line.sources
    assert source.path == "templates/tests/_helpers.py.j2"
    assert source.through[-1].does == "includes templates/tests/_helpers.py.j2"


def test_an_overlay_names_its_line_and_its_reason() -> None:
    explanation = explained(PurePath("generated/skillsets/hf_aimv2.py"))
    facts = line_of(explanation, "batch_size = 1  # padding a batch would change the answers of this model")
    (fact,) = (fact for fact in facts.sources[0].facts if fact.name == "batching")
    assert fact.place.path == "specs/overlays/aimv2.yaml"
    assert text_at(LAYOUT, *fact.place) == "batching: single"
    assert fact.overridden.reason.startswith("The text part masks") and fact.overridden.place is None


def test_an_overridden_fact_names_what_it_stands_instead_of(layout: Layout) -> None:
    overlay(layout, "      title: Bert\n      checkpoint: some/other\n")
    first = explained(SKILLSET, layout)
    assert not first.planned and first.lines[0].notes == (NOT_PLANNED,)
    layout.skillset("bert").write_text(layout.skillset("bert").read_text().replace("BERT", "Bert"))
    (fact,) = (fact for fact in explained(SKILLSET, layout).lines[0].sources[0].facts if fact.name == "title")
    assert (fact.value, fact.place) == ('"Bert"', ("specs/overlays/bert.yaml", 4))
    assert (fact.overridden.value, fact.overridden.reason) == ('"BERT"', "to see what becomes of it")
    assert text_at(layout, *fact.overridden.place) == "title: BERT"
    assert fact.overridden.origin.startswith("docs ")


def test_a_withheld_task_leaves_the_rest_explained(layout: Layout) -> None:
    overlay(layout, "      withheld: {fill-mask: nobody asks for it any more}\n")
    explanation = explained(SKILLSET, layout)
    assert line_of(explanation, "class FillMask(Handler):").notes == (NOT_PLANNED,)
    kept = line_of(explanation, 'model_class = "BertModel"')
    assert kept.sources[0].path == HANDLER
    layout.skillset("bert").write_text('TASK_TYPE = "feature-extraction"\n')
    (line,) = explained(SKILLSET, layout).lines
    withheld = [fact for fact in line.sources[0].facts if fact.name == "withheld"]
    assert [(fact.value, fact.place.path) for fact in withheld] == [
        ("{fill-mask}", "specs/overlays/bert.yaml")
    ]


def test_a_type_without_tasks_is_refused(layout: Layout) -> None:
    tasks = [file.stem for file in layout.specs.glob("tasks/*.yaml")]
    spec = layout.model_spec("bert").read_text()
    withheld = "".join(f"        {name}: nobody asks for it\n" for name in tasks if f"  {name}:\n" in spec)
    overlay(layout, f"      withheld:\n{withheld}")
    with pytest.raises(ProblemsFound, match="every task of bert is withheld"):
        explained(SKILLSET, layout)


def test_a_changed_family_template_is_seen_as_it_is_now(layout: Layout) -> None:
    template = layout.templates / "skillsets" / "text_embedding.py.j2"
    template.write_text(template.read_text().replace("requests about texts", "requests about all texts"))
    before = explained(SKILLSET, layout)
    assert before.lines[0].notes == (NOT_PLANNED,) and not before.planned
    text = layout.skillset("bert").read_text().replace("requests about texts", "requests about all texts")
    layout.skillset("bert").write_text(text)
    after = explained(SKILLSET, layout)
    assert after.planned
    assert after.lines[0].sources[-1].text == "{% block about %}requests about all texts{% endblock %}"


def test_hand_edits_are_told_and_all_else_is_explained(layout: Layout, bert: Explanation) -> None:
    text = layout.skillset("bert").read_text()
    edited = text.replace("class FillMask", "# mine\nclass FillMask").replace(
        "top_k: int = 5", "top_k: int = 6"
    )
    layout.skillset("bert").write_text(edited)
    explanation = explained(SKILLSET, layout)
    foreign = [line.text.strip() for line in explanation.lines if line.notes == (NOT_PLANNED,)]
    assert foreign == ["# mine", "def answer(self, texts: list[str], *, top_k: int = 6):"]
    kept = [line for line in explanation.lines if line.notes != (NOT_PLANNED,)]
    same = {line.text: [(source.path, source.line) for source in line.sources] for line in bert.lines}
    assert len(kept) == len(bert.lines) - 1
    unique = [line for line in kept if [other.text for other in bert.lines].count(line.text) == 1]
    assert all([(source.path, source.line) for source in line.sources] == same[line.text] for line in unique)


def test_what_a_code_overlay_puts_in_is_led_back_to_it(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = layout.overlay("bert").with_suffix(".py")
    by_hand.write_text("class FillMask:\n    def stripped(self, texts):\n        return sorted(texts)\n")
    method = "    def stripped(self, texts):\n        return sorted(texts)\n\n"

    def with_method(planner, spec, required):
        made = planner.rendered(FileSubject(spec, layout, "skillsets", required))
        text = transforms.apply(made.text, made.facts)
        text = text.replace("    def best_tokens", f"{method}    def generated_best_tokens")
        return GeneratedFile(text, made.facts)

    monkeypatch.setattr(explaining.Planner, "skillset", with_method)
    body = "        best = probabilities.topk(min(top_k, len(probabilities)))\n"
    layout.skillset("bert").write_text(
        f"{method}    def generated_best_tokens(self, probabilities, top_k):\n{body}"
    )
    lines = explained(SKILLSET, layout).lines
    assert [(line.sources[0].path, line.sources[0].line) for line in lines[:2]] == [
        ("specs/overlays/bert.py", 2),
        ("specs/overlays/bert.py", 3),
    ]
    assert lines[3].notes == (explaining.NO_TEMPLATE,)
    assert lines[4].sources[0].path == "templates/skillsets/tasks/fill_mask.py.j2"


@pytest.mark.parametrize("model_type", ONE_OF_EACH_FAMILY)
def test_every_line_of_each_family_is_explained_and_by_what_it_says(model_type: str) -> None:
    for path in (LAYOUT.skillset(model_type), LAYOUT.test(model_type)):
        explanation = explained(path.relative_to(PROJECT))
        assert explanation.planned
        for line in explanation.lines:
            assert line.sources or not line.text.strip()
            _agrees_with_plain_template_text(line)
            for fact in (fact for source in line.sources for fact in (*source.facts, *source.deciding)):
                _stands_where_it_says(fact)


def _agrees_with_plain_template_text(line: ExplainedLine) -> None:
    """Where templates write a line without values, the line is of their words; the formatter adds none."""
    if (
        any("{" in source.text or "%}" in source.text for source in line.sources)
        or explaining.RELAID in line.notes
    ):
        return
    words = " ".join(source.text for source in line.sources)
    for word in line.text.replace("'", '"').replace("(", " ").replace(")", " ").replace(",", " ").split():
        assert word.strip("'\"") in words.replace("'", '"')


def _stands_where_it_says(fact: Fact) -> None:
    """Each place has the fact's key, or in a list its value; what is not written has the place around it."""
    text = text_at(LAYOUT, *fact.place)
    if fact.value is not None:
        key = fact.name.rpartition(".")[2]
        assert key in text or fact.value.strip('[]"') in text or key.isdigit()


def test_a_trace_of_something_else_is_our_bug(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    template = layout.templates / "skillsets" / "text_embedding.py.j2"
    template.write_text(template.read_text().replace("about texts", "about \ue0000\ue001 texts"))
    assert commands.main(["explain", str(SKILLSET)]) == EXIT_BUG
    assert "the trace of generated/skillsets/hf_bert.py is not of what is planned" in capsys.readouterr().err


def test_a_spec_cannot_pass_for_a_trace(layout: Layout) -> None:
    overlay(layout, "      title: '\ue0000\ue001'\n      checkpoint: '\ue0001\ue001'\n")
    (source,) = line_of(explained(SKILLSET, layout), 'ARCHITECTURE = "bert"').sources
    assert source.text == "ARCHITECTURE = {{ model_type | literal }}"
