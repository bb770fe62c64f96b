"""What a skillset says before its first answer is held against the spec, on a real tiny model."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.execution import checkpoint
from generator.naming import Layout
from generator.specs import catalogue
from generator.validation.subjects import Asked, SkillsetSubject

LAYOUT = Layout(Path(__file__).parents[2])
SKILLSET = LAYOUT.skillset("gpt2").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def greeted():
    """Loads the text of a skillset for a task, as a generated test does."""
    spec = catalogue.load_model(LAYOUT, "gpt2")
    asked = Asked(catalogue.load_hardware(LAYOUT, "cpu"), catalogue.load_precision(LAYOUT, "float32"))

    def load(text: str, folder: Path, task: str) -> SkillsetSubject:
        path = folder / "another_name.py"
        path.write_text(text, encoding="utf-8")
        tiny = checkpoint.ensure(spec, task, LAYOUT.cache)
        return SkillsetSubject(path, spec, task, str(tiny), asked).greeted(LAYOUT)

    return load


def test_a_spec_that_says_one_by_one_is_followed(tmp_path):
    spec = catalogue.load_model(LAYOUT, "wav2vec2")
    asked = Asked(catalogue.load_hardware(LAYOUT, "cpu"), catalogue.load_precision(LAYOUT, "float32"))
    tiny = checkpoint.ensure(spec, "audio-classification", LAYOUT.cache)
    path = tmp_path / "hf_wav2vec2.py"
    text = LAYOUT.skillset("wav2vec2").read_text(encoding="utf-8")
    path.write_text(text.replace("batch_size = 1", "batch_size = 2"), encoding="utf-8")
    with pytest.raises(AssertionError, match="how many items run at once: 2, not 1"):
        SkillsetSubject(path, spec, "audio-classification", str(tiny), asked).greeted(LAYOUT)


@pytest.mark.parametrize("task", ["text-generation", "token-classification"])
def test_the_generated_skillset_is_what_it_says(greeted, tmp_path, task):
    assert greeted(SKILLSET, tmp_path, task).model is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('MODEL_ID = "', 'MODEL_ID = "x', "MODEL_ID: 'xopenai"),
        ('ARCHITECTURE = "gpt2"', 'ARCHITECTURE = "x"', "ARCHITECTURE: 'x', not 'gpt2'"),
        ('TASK_TYPE = "text-generation"', 'TASK_TYPE = "x"', "TASK_TYPE: 'x', not 'text-generation'"),
        ("max_new_tokens: int = 20", "max_new_tokens: int = 21", "'max_new_tokens': 21"),
        ("    draws = True\n", "", "whether it draws: False, not True"),
        ('{"padding_side": "left"}', "{}", "the processor's options: {}, not {'padding_side': 'left'}"),
        ("        self.check_room(inputs, max_new_tokens)\n", "", "tokens to write after a text"),
        (
            "inputs = self.tokenized(texts)",
            "inputs = self.processor(texts, return_tensors='pt')",
            "more tokens",
        ),
        ("    def answer(", "    def example(self):\n        return {'text': []}\n\n    def answer(", "text"),
    ],
)
def test_what_it_says_wrongly_is_told(greeted, tmp_path, old, new, said):
    assert old in SKILLSET
    text = SKILLSET.replace(old, new, 1)
    with pytest.raises((AssertionError, ValueError)) as told:
        greeted(text, tmp_path, "text-generation")
    assert said in str(told.value)
