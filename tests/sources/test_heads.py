"""Which head serves a task, where that depends on more than the model's class: from the installed source."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from generator.sources.heads import matches
from generator.sources.source import installed
from generator.specs.schema import Task


@pytest.mark.parametrize(
    "model_type, task, template",
    [
        ("bert", "question-answering", "question_answering"),
        ("canine", "question-answering", "question_answering_by_words"),
        ("lxmert", "visual-question-answering", "region_question_classification"),
        ("dpr", "feature-extraction", "text_pooled_embedding"),
        ("clvp", "feature-extraction", "voiced_text_embedding"),
        ("decision_transformer", "action-prediction", "action_prediction"),
        ("evolla", "protein-text-to-text", "protein_text_to_text"),
    ],
)
def test_a_task_is_served_by_the_head_that_fits(
    tasks: Mapping[str, Task], model_type: str, task: str, template: str
):
    assert matches(installed(), model_type, tasks)[task].head.template == template


@pytest.mark.parametrize(
    "model_type, task", [("lxmert", "question-answering"), ("evolla", "feature-extraction")]
)
def test_a_head_that_would_leave_out_an_input_does_not_fit(
    tasks: Mapping[str, Task], model_type: str, task: str
):
    assert task not in matches(installed(), model_type, tasks)
