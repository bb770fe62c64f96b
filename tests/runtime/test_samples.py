"""Sample inputs: the same every time, clearly different, and named by the code that makes them."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from PIL import Image as Picture

from skillset_runtime.samples import Audio, Calendar, Image, Series, realise


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_an_image_has_the_mode_and_size_asked_for(mode):
    image = Image("disc", mode=mode, size=(30, 20)).make()
    assert (image.mode, image.size) == (mode, (30, 20))


@pytest.mark.parametrize("name", ["stripes", "ramp"])
def test_images_differ_clearly(name):
    one, other = (Image(each, form="array").make().astype(float) for each in ("disc", name))
    assert np.abs(one - other).mean() > 40


def test_an_image_file_holds_the_image():
    opened = Picture.open(io.BytesIO(Image("stripes", form="png").make()))
    assert opened.format == "PNG"
    assert np.array_equal(np.asarray(opened), Image("stripes", form="array").make())


def test_audio_has_the_length_and_rate_asked_for():
    samples, rate = Audio("tone", rate=8000, seconds=0.25).make()
    assert (samples.shape, samples.dtype, rate) == ((2000,), np.float32, 8000)
    assert Audio("tone", channels=2).make()[0].shape == (8000, 2)
    assert np.abs(Audio("chirp").make()[0]).max() <= 1


def test_a_wav_file_holds_the_recording():
    with wave.open(io.BytesIO(Audio("chirp", rate=8000, channels=2, form="wav").make())) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 2)
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 32767
    assert np.allclose(frames, Audio("chirp", rate=8000, channels=2).make()[0], atol=1e-4)


def test_a_series_has_time_first():
    measured = Series("trend", 32, channels=3).make()
    assert measured.shape == (32, 3)
    assert not np.allclose(measured[:, 0], measured[:, 1])


def test_a_calendar_turns_with_its_period():
    week = Calendar("week", 15, features=4).make()
    assert week.shape == (15, 4)
    assert np.allclose(week[0], week[7], atol=1e-6)
    assert not np.allclose(week[0], week[3])


def test_a_recipe_is_shown_as_the_code_that_made_it():
    for recipe in (
        Calendar("year", 12),
        Image("disc"),
        Image("disc", mode="L"),
        Audio("tone", rate=8000),
        Series("trend", 32),
    ):
        assert eval(repr(recipe)) == recipe
    assert repr(Image("disc", mode="L")) == "Image('disc', mode='L')"


def test_recipes_are_made_at_any_depth_and_the_rest_is_left():
    made = realise({"image": [Image("disc"), [Image("disc")]], "text": "a", "top_k": 2})
    assert made["image"][1][0].size == (48, 40)
    assert (made["text"], made["top_k"]) == ("a", 2)
