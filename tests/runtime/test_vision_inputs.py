"""Readers of videos, pairs of images, and images with points or boxes."""

from __future__ import annotations

import numpy as np
import pytest

from skillset_runtime import InputError
from skillset_runtime.samples import Audio, Image, Video
from skillset_runtime.vision_inputs import (
    read_boxed_images,
    read_image_pairs,
    read_images_and_trimaps,
    read_images_with_examples,
    read_named_images,
    read_pointed_images,
    read_pointed_videos,
    read_scenes,
    read_videos,
    read_videos_with_sound,
)

DISC, RAMP = Image("disc").make(), Image("ramp").make()


@pytest.mark.parametrize("form", ["array", "frames", "webp"])
def test_a_video_is_the_same_in_every_form(form):
    (video,) = read_videos(Video("fade", frames=5, form=form).make())
    pixels = np.stack([np.asarray(frame) for frame in video.frames])
    assert (pixels == Video("fade", frames=5).make()).all()


@pytest.mark.parametrize("form", ["array", "frames", "webp"])
def test_a_list_of_videos_is_not_a_list_of_frames(form):
    videos = [Video("fade", frames=5, form=form).make(), Video("slide", frames=7, form=form).make()]
    assert [len(video.frames) for video in read_videos(videos)] == [5, 7]


def test_frames_are_taken_from_the_first_to_the_last():
    (video,) = read_videos(Video("slide", frames=9).make())
    assert video.sampled(3) == [video.frames[place] for place in (0, 4, 8)]
    assert len(video.sampled(20)) == 20
    assert video.sampled(1) == [video.frames[0]]


@pytest.mark.parametrize("bad", [None, 7, [], "no/such/film.gif", b"no film", np.zeros((4, 4))])
def test_what_is_no_video_is_refused(bad):
    with pytest.raises(InputError, match="video"):
        read_videos(bad)


def test_pairs_need_as_many_images_on_both_sides():
    assert len(read_image_pairs([DISC, RAMP], [RAMP, DISC])) == 2
    with pytest.raises(InputError, match="1 images but 2 of other"):
        read_image_pairs(DISC, [RAMP, DISC])
    with pytest.raises(InputError, match="other is missing"):
        read_image_pairs(DISC, None)


def test_the_mask_of_an_example_is_grey():
    (asked,) = read_images_with_examples(DISC, RAMP, DISC)
    assert (asked.image.size, asked.example.size, asked.mask.mode) == (DISC.size, RAMP.size, "L")
    with pytest.raises(InputError, match="2 images, 1 examples and 1 masks"):
        read_images_with_examples([DISC, RAMP], RAMP, DISC)


def test_a_trimap_is_grey_and_as_large_as_its_image():
    ((_, trimap),) = read_images_and_trimaps(DISC, RAMP)
    assert trimap.mode == "L"
    with pytest.raises(InputError, match="one size"):
        read_images_and_trimaps(DISC, RAMP.resize((10, 10)))


def test_points_are_labelled_by_their_side():
    (asked,) = read_pointed_images(DISC, points=[[1, 2]], background=[[3, 4], [5, 6]])
    assert asked.prompts == {
        "input_points": [[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]],
        "input_labels": [[[1, 0, 0]]],
    }


def test_a_box_is_enough_and_nothing_is_not():
    (asked,) = read_pointed_images(DISC, box=[0, 1, 2, 3])
    assert asked.prompts == {"input_boxes": [[[0.0, 1.0, 2.0, 3.0]]]}
    with pytest.raises(InputError, match="which object"):
        read_pointed_images(DISC)


@pytest.mark.parametrize(
    "prompts", [{"points": "here"}, {"points": [[1, 2, 3]]}, {"box": [1, 2]}, {"points": [["a", "b"]]}]
)
def test_what_is_no_place_is_refused(prompts):
    with pytest.raises(InputError, match="in pixels"):
        read_pointed_images(DISC, **prompts)


def test_each_of_several_images_has_its_own_points():
    asked = read_pointed_images([DISC, RAMP], points=[[[1, 2]], [[3, 4]]])
    assert [each.prompts["input_points"] for each in asked] == [[[[[1.0, 2.0]]]], [[[[3.0, 4.0]]]]]
    with pytest.raises(InputError, match="2 items need a list of as many points"):
        read_pointed_images([DISC, RAMP], points=[[[1, 2]]])


def test_a_list_of_frames_is_one_video_with_points():
    (asked,) = read_pointed_videos([DISC, RAMP], points=[[1, 2]])
    assert len(asked.video.frames) == 2
    assert asked.prompts == {"input_points": [[[[1.0, 2.0]]]], "input_labels": [[[1]]]}


def test_an_image_and_the_words_for_what_is_looked_for():
    (asked,) = read_named_images(DISC, "a disc")
    assert asked.text == "a disc"
    with pytest.raises(InputError, match="2 images but 1 texts"):
        read_named_images([DISC, RAMP], "a disc")


def test_without_boxes_the_whole_image_is_one():
    (asked,) = read_boxed_images(DISC)
    assert asked.boxes == [[0.0, 0.0, 48.0, 40.0]]


def test_a_scene_is_a_text_its_images_and_a_state():
    (scene,) = read_scenes("Take the cup.", [DISC, RAMP], [1, 0.5])
    assert (scene.text, len(scene.images), scene.state) == ("Take the cup.", 2, [1.0, 0.5])
    first, second = read_scenes(["Take it.", "Put it there."], [DISC, [DISC, RAMP]], [[1.0], [2.0]])
    assert (first.state, len(second.images)) == ([1.0], 2)


@pytest.mark.parametrize("state", [None, 0.5, "ready", [1.0, "up"], [[1.0], [2.0]]])
def test_a_state_is_a_list_of_numbers(state):
    with pytest.raises(InputError, match="state"):
        read_scenes("Take the cup.", DISC, state)


def test_each_video_comes_with_its_recording():
    video, sound = Video("slide").make(), Audio("tone").make()
    ((frames, heard),) = read_videos_with_sound(video, sound)
    assert (len(frames.frames), heard.rate) == (8, 16_000)
    with pytest.raises(InputError, match="2 videos but 1 recordings"):
        read_videos_with_sound([video, video], [sound])
