"""Sample inputs: the same every time, and clearly different from each other."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from PIL import Image

from generator.execution import samples


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_an_image_has_the_mode_and_size_asked_for(mode):
    image = samples.image("disc", mode, (30, 20))
    assert (image.mode, image.size) == (mode, (30, 20))


@pytest.mark.parametrize("name", ["stripes", "gradient", "checks"])
def test_images_differ_clearly(name):
    one, other = samples.image_array("disc").astype(float), samples.image_array(name).astype(float)
    assert np.abs(one - other).mean() > 40


def test_an_image_file_holds_the_image():
    opened = Image.open(io.BytesIO(samples.image_bytes("stripes")))
    assert opened.format == "PNG"
    assert np.array_equal(np.asarray(opened), samples.image_array("stripes"))


def test_audio_has_the_length_and_rate_asked_for():
    assert samples.audio("tone", rate=8000, seconds=0.25).shape == (2000,)
    assert samples.audio("tone", channels=2).shape == (2, 8000)
    assert samples.audio("tone").dtype == np.float32
    assert np.abs(samples.audio("chirp")).max() <= 1


def test_channels_differ_in_loudness():
    left, right = samples.audio("tone", channels=2)
    assert np.allclose(left, 2 * right)


def test_a_wav_file_holds_the_recording():
    with wave.open(io.BytesIO(samples.wav_bytes("chirp", rate=8000, channels=2))) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 2)
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 32767
    assert np.allclose(frames.T, samples.audio("chirp", rate=8000, channels=2), atol=1e-4)


def test_a_series_has_time_first():
    measured = samples.series("trend", length=32, channels=3)
    assert measured.shape == (32, 3)
    assert measured.dtype == np.float32
    assert not np.allclose(measured[:, 0], measured[:, 1])


def test_a_text_takes_the_mask_of_a_tokenizer():
    assert samples.text("masked").format(mask="[MASK]").count("[MASK]") == 1


@pytest.mark.parametrize("make", [samples.text, samples.image, samples.audio])
def test_an_unknown_recipe_is_an_error(make):
    with pytest.raises(KeyError):
        make("no such recipe")
