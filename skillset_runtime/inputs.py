"""What a person sends, read into lists of items: texts, PIL images, mono waveforms, series.

Every reader takes one item or a list of items and returns a list; anything else is an `InputError`
that names what was given and what is accepted.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skillset_runtime.errors import InputError
from skillset_runtime.resources import import_library

IMAGE_FORMS = "a path, bytes, a PIL image or an array of shape (height, width[, channels])"
AUDIO_FORMS = 'a path, bytes, (array, rate) or {"array": …, "sampling_rate": …}'
SERIES_FORMS = "numbers of shape (time,) or (time, channels)"


class Question(NamedTuple):
    """What question-answering is asked."""

    question: str
    context: str


class Prompt(NamedTuple):
    """A text, and the images and recordings it is about."""

    text: str
    images: Sequence[Any] = ()
    sounds: Sequence[Waveform] = ()


class VisualQuestion(NamedTuple):
    """A question, and the image it is about."""

    question: str
    image: Any


class Choices(NamedTuple):
    """A text, and the ways in which it may go on."""

    text: str
    choices: list[str]


class Pair(NamedTuple):
    """A text, and what may follow it."""

    text: str
    next_text: str


class DatedSeries(NamedTuple):
    """A series with what is known of its past and coming steps, and the numbers of its categories."""

    values: np.ndarray
    time_features: np.ndarray
    categories: list[int]


@dataclass(frozen=True)
class Waveform:
    """Mono sound: float32 samples in [-1, 1], and how many there are in a second."""

    samples: np.ndarray
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate

    def at(self, rate: int) -> np.ndarray:
        """The samples at another rate, through a polyphase filter (`scipy.signal.resample_poly`)."""
        if rate == self.rate:
            return self.samples
        signal = import_library("scipy.signal")
        common = np.gcd(rate, self.rate)
        return signal.resample_poly(self.samples, rate // common, self.rate // common).astype(np.float32)

    def wav(self, rate: int) -> str:
        """A WAV file of float samples at a rate, in base64."""
        file = io.BytesIO()
        import_library("soundfile").write(file, self.at(rate), rate, format="WAV", subtype="FLOAT")
        return base64.b64encode(file.getvalue()).decode()


def read_texts(text: Any) -> list[str]:
    """A text or a list of texts."""
    return [_text(item) for item in as_items(text, "text", "a text")]


def fill_template(template: str, labels: list[str]) -> list[str]:
    """The template with each of the labels in place of its braces."""
    if not isinstance(template, str) or "{}" not in template:
        raise InputError(f"hypothesis_template: give a text with {{}} where the label goes, not {template!r}")
    return [template.replace("{}", label) for label in labels]


def read_questions(question: Any, context: Any) -> list[Question]:
    """A question and its context, or a list of each."""
    questions, contexts = read_texts(question), read_texts(context)
    if len(questions) != len(contexts):
        raise InputError(f"{len(questions)} questions but {len(contexts)} contexts; give one for each")
    return [Question(*pair) for pair in zip(questions, contexts, strict=True)]


def spaced_words(text: str) -> list[str]:
    """The words of a text, each with the space before it."""
    return re.findall(r"\s*\S+", text)


def read_choices(text: Any, choices: Any) -> list[Choices]:
    """One text and a list of choices; or a list of texts and, for each, a list of choices."""
    texts, offered = read_texts(text), [choices] if isinstance(text, str) else choices
    if not isinstance(offered, list) or len(offered) != len(texts):
        raise InputError("give a list of choices for each text")
    return [Choices(words, _several(each)) for words, each in zip(texts, offered, strict=True)]


def read_pairs(text: Any, next_text: Any) -> list[Pair]:
    """A text and what may follow it, or a list of each."""
    texts, followers = read_texts(text), read_texts(next_text)
    if len(texts) != len(followers):
        raise InputError(f"{len(texts)} texts but {len(followers)} that follow; give one for each")
    return [Pair(*pair) for pair in zip(texts, followers, strict=True)]


def read_images(image: Any) -> list[Any]:
    """An image or a list of images, as RGB PIL images."""
    return [_image(item) for item in as_items(image, "image", IMAGE_FORMS)]


def read_prompts(text: Any, image: Any) -> list[Prompt]:
    """One text and its image or images; or a list of texts and, for each, an image or a list of them."""
    texts = read_texts(text)
    if isinstance(text, str):
        return [Prompt(texts[0], read_images(image))]
    images = as_items(image, "image", "a list with an image, or a list of images, for each text")
    if len(images) != len(texts):
        raise InputError(f"{len(texts)} texts but {len(images)} images; give an image, or a list, for each")
    return [Prompt(words, read_images(seen)) for words, seen in zip(texts, images, strict=True)]


def read_spoken_prompts(text: Any, audio: Any) -> list[Prompt]:
    """One text and its recording or recordings; or a list of texts and, for each, one or a list of them."""
    texts = read_texts(text)
    if isinstance(text, str):
        return [Prompt(texts[0], sounds=read_audio(audio))]
    heard = as_items(audio, "audio", "a list with a recording, or a list of recordings, for each text")
    if len(heard) != len(texts):
        raise InputError(f"{len(texts)} texts but {len(heard)} recordings; give one, or a list, for each")
    return [Prompt(words, sounds=read_audio(each)) for words, each in zip(texts, heard, strict=True)]


def read_any_prompts(text: Any, image: Any = None, audio: Any = None) -> list[Prompt]:
    """As `read_prompts` and `read_spoken_prompts`: a text, with images, recordings or both."""
    if image is None and audio is None:
        raise InputError("give an image, a recording or both beside the text")
    seen = read_prompts(text, image) if image is not None else None
    heard = read_spoken_prompts(text, audio) if audio is not None else None
    if seen and heard:
        return [one._replace(sounds=other.sounds) for one, other in zip(seen, heard, strict=True)]
    return seen or heard or []


def read_visual_questions(question: Any, image: Any) -> list[VisualQuestion]:
    """A question and the image it is about, or a list of each."""
    questions, images = read_texts(question), read_images(image)
    if len(questions) != len(images):
        raise InputError(f"{len(questions)} questions but {len(images)} images; give one for each")
    return [VisualQuestion(*pair) for pair in zip(questions, images, strict=True)]


def read_texts_or_images(text: Any = None, image: Any = None) -> list[Any]:
    """Texts, or images; not both, since each is answered by a part of the model of its own."""
    if (text is None) == (image is None):
        raise InputError("give either text or image")
    return read_texts(text) if image is None else read_images(image)


def read_texts_or_audio(text: Any = None, audio: Any = None) -> list[Any]:
    """Texts, or recordings; not both, since each is answered by a part of the model of its own."""
    if (text is None) == (audio is None):
        raise InputError("give either text or audio")
    return read_texts(text) if audio is None else read_audio(audio)


def read_audio(audio: Any) -> list[Waveform]:
    """A recording or a list of recordings; several channels are averaged into one."""
    return [_waveform(item) for item in as_items(audio, "audio", AUDIO_FORMS)]


def read_dated_series(series: Any, time_features: Any, categories: Any) -> list[DatedSeries]:
    """A series, what is known of each of its steps and of those to come, and the categories it belongs to.

    `time_features` have shape (steps, features), and the steps to forecast are its last; `categories` are
    whole numbers, none for a model without categories. Of several series, a list of each.
    """
    values, features = read_series(series), read_series(time_features)
    several = _depth(categories) == 2
    groups = [_categories(item) for item in (categories if several else [categories])]
    if not len(values) == len(features) == len(groups):
        counts = f"{len(values)} series, {len(features)} time_features and {len(groups)} categories"
        raise InputError(f"{counts}; give one of each")
    return [DatedSeries(*parts) for parts in zip(values, features, groups, strict=True)]


def read_series(series: Any) -> list[np.ndarray]:
    """A series, or a list (or a 3-dimensional array) of series: float32 arrays of shape (time, channels)."""
    if _depth(series) == 3:
        return [_series(item) for item in series]
    return [_series(series)]


def as_items(value: Any, name: str, accepted: str) -> list[Any]:
    """A list as it is, anything else as the only item of one."""
    if value is None:
        raise InputError(f"{name} is missing; give {accepted}")
    items = list(value) if isinstance(value, list) else [value]
    if not items:
        raise InputError(f"{name} is an empty list; give {accepted}")
    return items


def _several(choices: Any) -> list[str]:
    texts = read_texts(choices)
    if len(texts) < 2:
        raise InputError("there is nothing to choose from; give at least two choices")
    return texts


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"text must be a string, not {_kind(value)}")
    if not value.strip():
        raise InputError("text is empty; give at least one word")
    return value


def _image(value: Any) -> Any:
    image = import_library("PIL.Image")
    if isinstance(value, image.Image):
        return _rgb(value)
    if isinstance(value, np.ndarray):
        return image.fromarray(_pixels(value)).convert("RGB")
    try:
        return _rgb(image.open(file_of(value, "image", IMAGE_FORMS)))
    except (OSError, image.DecompressionBombError) as error:
        raise InputError(f"image cannot be read: {error}; give {IMAGE_FORMS}") from error


def _rgb(picture: Any) -> Any:
    """A picture in RGB, turned the way its camera was held; 16-bit gray is scaled, not clipped."""
    turned = import_library("PIL.ImageOps").exif_transpose(picture)
    if turned.mode.startswith("I;16"):
        turned = import_library("PIL.Image").fromarray((np.asarray(turned) // 257).astype(np.uint8))
    return turned.convert("RGB")


def _pixels(array: np.ndarray) -> np.ndarray:
    """An array as uint8 pixels of shape (height, width) or (height, width, 3 or 4)."""
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[-1] in (3, 4))) or 0 in array.shape:
        raise InputError(f"image array has shape {array.shape}; give {IMAGE_FORMS}")
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f" or not 0 <= array.min() <= array.max() <= 1:
        raise InputError(f"image array has dtype {array.dtype}; give uint8, or floats from 0 to 1")
    return (array * 255).round().astype(np.uint8)


def _waveform(value: Any) -> Waveform:
    if isinstance(value, dict) and {"array", "sampling_rate"} <= value.keys():
        return _mono(value["array"], value["sampling_rate"])
    if isinstance(value, tuple) and len(value) == 2:
        return _mono(*value)
    if isinstance(value, np.ndarray):
        raise InputError(f"audio array came without its sampling rate; give {AUDIO_FORMS}")
    soundfile = import_library("soundfile")
    try:
        samples, rate = soundfile.read(file_of(value, "audio", AUDIO_FORMS), dtype="float32")
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"audio cannot be read: {error}; give {AUDIO_FORMS}") from error
    return _mono(samples, rate)


def _mono(samples: Any, rate: Any) -> Waveform:
    """Samples of shape (time,), (time, channels) or (channels, time) as one channel of float32."""
    array = np.asarray(samples)
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2) or not array.size:
        raise InputError(f"audio array has shape {array.shape} and dtype {array.dtype}; give {AUDIO_FORMS}")
    if isinstance(rate, bool) or not isinstance(rate, int | np.integer) or rate <= 0:
        raise InputError(f"audio has sampling rate {rate!r}; give samples per second, a whole number")
    if array.dtype.kind in "iu":
        array = _centred(array)
    if not np.isfinite(array).all():
        raise InputError("audio has samples that are no finite numbers")
    if array.ndim == 2:
        array = array.mean(axis=int(np.argmin(array.shape)))
    return Waveform(array.astype(np.float32), int(rate))


def _centred(samples: np.ndarray) -> np.ndarray:
    """Whole numbers as floats in [-1, 1): half of an unsigned type's range is silence."""
    info = np.iinfo(samples.dtype)
    half = 2.0 ** (info.bits - 1)
    return samples / half - (1.0 if info.min == 0 else 0.0)


def _series(value: Any) -> np.ndarray:
    try:
        array = np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"series is not made of numbers ({error}); give {SERIES_FORMS}") from error
    if not np.isfinite(array).all():
        raise InputError("series has numbers that are not finite; fill in what was not measured")
    if array.ndim not in (1, 2) or not array.size:
        raise InputError(f"series has shape {array.shape}; give {SERIES_FORMS}")
    return array[:, None] if array.ndim == 1 else array


def _categories(value: Any) -> list[int]:
    numbers = value if isinstance(value, list) else [value]
    if any(isinstance(number, bool) or not isinstance(number, int) or number < 0 for number in numbers):
        raise InputError(f"categories must be whole numbers from 0, not {value!r}")
    return numbers


def _depth(value: Any) -> int:
    """How many levels of lists, or axes of an array, there are."""
    if isinstance(value, np.ndarray):
        return value.ndim
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value):
        return 1 + _depth(value[0])
    return 0


def file_of(value: Any, name: str, accepted: str) -> Any:
    """What a decoder opens: a path, or bytes as a file."""
    if isinstance(value, bytes | bytearray):
        return io.BytesIO(value)
    if isinstance(value, Path) or (isinstance(value, str) and "://" not in value):
        if not Path(value).is_file():
            raise InputError(f"{name} file {str(value)!r} does not exist; give {accepted}")
        return value
    if isinstance(value, str):
        raise InputError(f"{name} is a URL, and skillsets do not fetch; give {accepted}")
    raise InputError(f"{name} must be {accepted}, not {_kind(value)}")


def _kind(value: Any) -> str:
    return type(value).__name__


Reader = Callable[..., list[Any]]
