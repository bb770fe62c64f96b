"""Pages, tables, choices and prompts as a person sends them; what is refused, and how."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from skillset_runtime import InputError, inputs, layouts
from skillset_runtime.inputs import Prompt
from skillset_runtime.placing import Placement
from skillset_runtime.prompts import PromptHandler
from skillset_runtime.samples import Audio, Image

WORDS, BOXES = ["old", "farm"], [[0, 0, 10, 10], [20, 0, 30, 1000]]


def test_one_page_is_a_list_of_one():
    assert layouts.read_layouts(WORDS, BOXES) == [layouts.Document(WORDS, BOXES)]
    assert layouts.read_layouts([WORDS, WORDS], [BOXES, BOXES]) == 2 * [layouts.Document(WORDS, BOXES)]


def test_a_page_has_its_question_and_its_picture():
    (page,) = layouts.read_document_questions("Whose?", Image("disc").make(), WORDS, BOXES)
    assert (page.question, page.words, page.image.size) == ("Whose?", WORDS, (48, 40))


@pytest.mark.parametrize(
    "words, boxes, message",
    [
        (WORDS, BOXES[:1], "2 words but 1 boxes"),
        (WORDS, None, "list of boxes|boxes must be a list"),
        (["old"], [[0, 0, 10]], "is not .left, top"),
        (["old"], [[0, 0, 10, 1001]], "from 0 to 1000"),
        (["old"], [[10, 0, 0, 10]], "is not .left, top"),
        ([WORDS, WORDS], [BOXES], "a list of boxes for each page"),
        (7, BOXES, "must be a string"),
    ],
)
def test_what_is_no_page_is_refused(words, boxes, message):
    with pytest.raises(InputError, match=message):
        layouts.read_layouts(words, boxes)


def test_cells_of_a_table_become_texts():
    (asked,) = layouts.read_table_questions("How old?", {"age": [3, 7]})
    assert asked == layouts.TableQuestion("How old?", {"age": ["3", "7"]})


@pytest.mark.parametrize("table", [{}, {"age": []}, {"age": [1], "name": ["a", "b"]}, 7, None])
def test_what_is_no_table_is_refused(table):
    with pytest.raises(InputError):
        layouts.read_table_questions("How old?", table)


def test_choices_belong_to_their_text():
    assert inputs.read_choices("a cat", ["sat", "ran"]) == [inputs.Choices("a cat", ["sat", "ran"])]
    assert inputs.read_choices(["a cat"], [["sat", "ran"]]) == [inputs.Choices("a cat", ["sat", "ran"])]
    for choices in ([], ["sat"], "sat", None, [["sat", "ran"]]):
        with pytest.raises(InputError):
            inputs.read_choices("a cat", choices)


def test_a_prompt_may_have_images_and_sounds():
    image, audio = Image("disc").make(), Audio("tone").make()
    (prompt,) = inputs.read_any_prompts("What is it?", [image, image], audio)
    assert (len(prompt.images), len(prompt.sounds)) == (2, 1)
    with pytest.raises(InputError, match="beside the text"):
        inputs.read_any_prompts("What is it?")


class Prompts(PromptHandler):
    task = "prompts"
    image_token = "<image>"


@pytest.fixture
def handler():
    processor = SimpleNamespace(padding_side="right", chat_template=None, image_token="<picture>")
    return Prompts({"torch": torch}, torch.nn.Identity(), processor, Placement("cpu", "cpu", "float32"))


def test_places_are_put_before_the_text_where_there_is_no_chat_template(handler):
    assert handler.with_places(Prompt("Look.", [1, 2])) == "<image><image>Look."


def test_places_in_the_text_stay_and_must_be_as_many_as_the_images(handler):
    assert handler.with_places(Prompt("<image> Look.", [1])) == "<image> Look."
    with pytest.raises(InputError, match="1 places for 2 of image"):
        handler.with_places(Prompt("<image> Look.", [1, 2]))
