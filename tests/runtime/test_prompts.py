"""How many images a prompt may be about."""

from __future__ import annotations

import pytest
from transformers import BatchFeature

from skillset_runtime.errors import InputError
from skillset_runtime.inputs import Prompt
from skillset_runtime.prompts import PromptHandler


class Asked(PromptHandler):
    """A handler that notes what its processor is given."""

    def __init__(self) -> None:
        self.device = "cpu"
        self.given = {}

    def processor(self, **given):
        self.given = given
        return BatchFeature()


class AboutOne(Asked):
    one_image = True


class AboutFour(Asked):
    frames = 4


def prompt(*images: str) -> Prompt:
    return Prompt("What is it?", images=images)


def given(handler: Asked, *images: str):
    handler.prompted([prompt(*images)])
    return handler.given["images"]


def test_images_come_in_a_list_for_each_text():
    assert given(Asked(), "a", "b") == [["a", "b"]]


def test_one_image_comes_by_itself_and_more_are_refused():
    assert given(AboutOne(), "a") == ["a"]
    with pytest.raises(InputError, match="one image for each text, not 2"):
        given(AboutOne(), "a", "b")


def test_a_video_has_so_many_frames():
    assert given(AboutFour(), *"abcd") == [list("abcd")]
    with pytest.raises(InputError, match="4 frames for each text, not 1"):
        given(AboutFour(), "a")
