"""Every form in which a person may send a text, an image, a sound or a series; what is refused, and how."""

from __future__ import annotations

import base64
import io
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Picture

from skillset_runtime import InputError, SkillsetError, inputs
from skillset_runtime.samples import Audio, Image


def test_one_text_is_a_list_of_one():
    assert inputs.read_texts("a cat") == ["a cat"]
    assert inputs.read_texts(["a cat", "a dog"]) == ["a cat", "a dog"]


def test_a_template_is_filled_with_each_label():
    assert inputs.fill_template("a photo of {}.", ["a cat", "{0}"]) == [
        "a photo of a cat.",
        "a photo of {0}.",
    ]


@pytest.mark.parametrize("template", ["a photo", "", None, 7])
def test_a_template_without_a_place_for_the_label_is_refused(template):
    with pytest.raises(InputError, match="where the label goes"):
        inputs.fill_template(template, ["a cat"])


@pytest.mark.parametrize("image", [Image("disc"), Image("disc", form="array"), Image("disc", form="png")])
def test_every_form_of_a_picture_reads_alike(image, tmp_path):
    expected = np.asarray(Image("disc").make())
    assert np.array_equal(np.asarray(inputs.read_images(image.make())[0]), expected)


def test_a_picture_is_read_from_a_path(tmp_path):
    path = tmp_path / "disc.png"
    Image("disc").make().save(path)
    for value in (path, str(path), [path]):
        assert inputs.read_images(value)[0].size == (48, 40)


def test_float_pixels_from_0_to_1_are_scaled():
    image = inputs.read_images(np.full((4, 5, 3), 0.5, dtype=np.float32))[0]
    assert np.asarray(image).max() == 128


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1", "I;16"])
def test_every_mode_becomes_rgb(mode):
    assert inputs.read_images(Picture.new(mode, (6, 4)))[0].mode == "RGB"


def test_channels_are_averaged_whichever_axis_they_are_on():
    left, right = np.zeros(80, np.float32), np.ones(80, np.float32)
    for pair in (np.stack([left, right]), np.stack([left, right], axis=1)):
        waveform = inputs.read_audio((pair, 8000))[0]
        assert waveform.samples.shape == (80,)
        assert np.allclose(waveform.samples, 0.5)


def test_a_sound_is_resampled_and_keeps_its_pitch():
    (waveform,) = inputs.read_audio(Audio("tone", rate=8_000).make())
    spectrum = np.abs(np.fft.rfft(waveform.at(16_000)))
    assert waveform.at(16_000).shape == (8_000,)
    assert spectrum.argmax() * 16_000 / 8_000 == pytest.approx(440, abs=2)


def test_a_sound_is_read_from_wav_bytes_a_path_and_a_dict(tmp_path):
    samples, rate = Audio("chirp").make()
    path = tmp_path / "chirp.wav"
    path.write_bytes(Audio("chirp", form="wav").make())
    for value in (path, path.read_bytes(), {"array": samples, "sampling_rate": rate}):
        assert np.allclose(inputs.read_audio(value)[0].samples, samples, atol=1e-4)


def test_whole_number_samples_are_scaled_to_one():
    (waveform,) = inputs.read_audio((np.array([32767, 0], np.int16), 8000))
    assert waveform.samples.tolist() == [pytest.approx(1.0, abs=1e-4), 0.0]


def test_series_of_one_channel_may_be_flat():
    (series,) = inputs.read_series([1, 2, 3])
    assert series.shape == (3, 1)
    assert [each.shape for each in inputs.read_series(np.zeros((2, 7, 3)))] == [(7, 3), (7, 3)]


def test_a_dated_series_comes_with_its_features_and_categories():
    values, features = np.arange(5.0), np.zeros((7, 2))
    (one,) = inputs.read_dated_series(values, features, [3])
    assert (one.values.shape, one.time_features.shape, one.categories) == ((5, 1), (7, 2), [3])
    several = inputs.read_dated_series([values[:, None]] * 2, [features] * 2, [[3], [0]])
    assert [each.categories for each in several] == [[3], [0]]


def test_one_text_takes_several_images_and_texts_take_one_each():
    stripes, disc = Image("stripes").make(), Image("disc").make()
    assert [len(prompt.images) for prompt in inputs.read_prompts("compare", [stripes, disc])] == [2]
    assert [len(prompt.images) for prompt in inputs.read_prompts(["a", "b"], [stripes, [disc, disc]])] == [
        1,
        2,
    ]


@pytest.mark.parametrize(
    "read, arguments, message",
    [
        (inputs.read_texts, (None,), "text is missing"),
        (inputs.read_texts, ([],), "text is an empty list"),
        (inputs.read_texts, (7,), "text must be a string, not int"),
        (inputs.read_texts, (["a", None],), "text must be a string, not NoneType"),
        (inputs.read_texts, ("  ",), "text is empty"),
        (inputs.read_images, (7,), "image must be a path, bytes, a PIL image or an array"),
        (inputs.read_images, ("no/such.png",), "image file 'no/such.png' does not exist"),
        (inputs.read_images, ("https://example.org/cat.png",), "image is a URL, and skillsets do not fetch"),
        (inputs.read_images, (b"not a picture",), "image cannot be read"),
        (inputs.read_images, (b"",), "image cannot be read"),
        (inputs.read_images, (np.zeros((2, 3, 7), np.uint8),), "image array has shape (2, 3, 7)"),
        (inputs.read_images, (np.zeros((0, 3, 3), np.uint8),), "image array has shape (0, 3, 3)"),
        (inputs.read_images, (np.full((4, 4), 300.0),), "image array has dtype float64"),
        (inputs.read_audio, (np.zeros(8, np.float32),), "without its sampling rate"),
        (inputs.read_audio, ((np.zeros(8), 0),), "sampling rate 0"),
        (inputs.read_audio, ((np.zeros(8), "fast"),), "sampling rate 'fast'"),
        (inputs.read_audio, ((np.zeros(0), 8000),), "audio array has shape (0,)"),
        (inputs.read_audio, ((["a"], 8000),), "dtype <U1"),
        (inputs.read_audio, (b"not a sound",), "audio cannot be read"),
        (inputs.read_audio, ((np.array([0.1, np.nan]), 8000),), "no finite numbers"),
        (inputs.read_series, ([1.0, float("nan")],), "not finite"),
        (inputs.read_series, ("seasonal",), "series is not made of numbers"),
        (inputs.read_series, (None,), "series"),
        (inputs.read_series, ([],), "series has shape (0,)"),
        (inputs.read_series, ([[1, 2], [3]],), "series is not made of numbers"),
        (inputs.read_questions, (["a", "b"], "c"), "2 questions but 1 contexts"),
        (inputs.read_prompts, (["a", "b"], [b""]), "2 texts but 1 images"),
        (inputs.read_texts_or_images, (), "give either text or image"),
        (inputs.read_texts_or_audio, ("a", b""), "give either text or audio"),
        (inputs.read_dated_series, ([1, 2], [[1], [2]], ["a"]), "categories must be whole numbers"),
        (inputs.read_dated_series, (np.zeros((2, 7, 1)), [[1], [2]], [0]), "2 series, 1 time_features"),
    ],
)
def test_what_is_refused_is_told_apart(read, arguments, message):
    with pytest.raises(InputError) as refusal:
        read(*arguments)
    assert message in str(refusal.value)


@given(
    st.one_of(
        st.none(),
        st.integers(),
        st.text(),
        st.binary(),
        st.lists(st.integers()),
        st.dictionaries(st.text(), st.none()),
    )
)
def test_nothing_but_an_input_error_comes_of_nonsense(value):
    for read in (inputs.read_texts, inputs.read_images, inputs.read_audio, inputs.read_series):
        try:
            assert isinstance(read(value), list)
        except InputError as refusal:
            assert len(str(refusal)) > 10


@given(
    arrays.arrays(
        np.uint8,
        arrays.array_shapes(min_dims=3, max_dims=3, min_side=3, max_side=9).map(lambda s: (*s[:2], 3)),
    )
)
def test_pixels_survive_being_read(pixels):
    assert np.array_equal(np.asarray(inputs.read_images(pixels)[0]), pixels)
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    assert np.array_equal(np.asarray(inputs.read_images(file.getvalue())[0]), pixels)


def test_a_photo_is_turned_as_its_camera_was_held():
    file = io.BytesIO()
    exif = Picture.Exif()
    exif[0x0112] = 6  # the top of the scene is on the right
    Picture.new("RGB", (64, 32)).save(file, "JPEG", exif=exif)
    assert inputs.read_images(file.getvalue())[0].size == (32, 64)


def test_sixteen_bit_gray_is_scaled():
    gray = Picture.fromarray(np.full((4, 4), 32768, np.uint16))
    assert np.asarray(inputs.read_images(gray)[0]).max() == 127


def test_unsigned_samples_are_centred_on_silence():
    (waveform,) = inputs.read_audio((np.array([128, 0, 255], np.uint8), 8000))
    assert np.allclose(waveform.samples, [0.0, -1.0, 0.992], atol=1e-3)


@pytest.mark.parametrize(
    "library, read, value", [("soundfile", inputs.read_audio, b"x"), ("PIL.Image", inputs.read_images, b"x")]
)
def test_a_library_that_is_missing_is_named(library, read, value, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(SkillsetError) as error:
        read(value)
    assert f"{library} cannot be imported" in str(error.value)
    assert "install it" in str(error.value)


def test_a_sound_is_written_as_a_file_at_another_rate():
    (sound,) = inputs.read_audio(Audio("tone", rate=8_000).make())
    (again,) = inputs.read_audio(base64.b64decode(sound.wav(16_000)))
    assert again.rate == 16_000
    np.testing.assert_allclose(again.samples, sound.at(16_000), atol=1e-6)
