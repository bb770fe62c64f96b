"""Small, fixed inputs for tests and first tries: pictures, videos, sounds and series, made by formula.

A recipe (`Image("stripes")`) names an input and makes it on demand, so that what a test was fed can
be written down in one line.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable
from dataclasses import Field, dataclass, fields
from typing import Any

import numpy as np

TEXT = "The cat sat on the mat and looked at the river."
RATE = 16_000


class Recipe:
    """The name of an input and how it is wanted; `repr` is the line of code that it was written as."""

    def make(self) -> Any:
        """The input itself."""
        raise NotImplementedError

    def __repr__(self) -> str:
        first, *rest = fields(self)
        chosen = [f"{field.name}={getattr(self, field.name)!r}" for field in rest if self._chosen(field)]
        return f"{type(self).__name__}({', '.join([repr(getattr(self, first.name)), *chosen])})"

    def _chosen(self, field: Field) -> bool:
        return getattr(self, field.name) != field.default


@dataclass(frozen=True, repr=False)
class Image(Recipe):
    """A picture: `stripes`, `disc`, `ramp` or `hills`; as a PIL image, an `array`, or `png` bytes.

    No two places of `hills` are alike.
    """

    name: str
    mode: str = "RGB"
    size: tuple[int, int] = (48, 40)
    form: str = "pil"

    def make(self) -> Any:
        """The picture; `size` is (width, height) in pixels, an array has shape (height, width, 3)."""
        from PIL import Image as pil

        picture = pil.fromarray(_PICTURES[self.name](*self.size)).convert(self.mode)
        if self.form == "array":
            return np.asarray(picture)
        return picture if self.form == "pil" else _png(picture)


@dataclass(frozen=True, repr=False)
class Video(Recipe):
    """A video: `slide` (moving stripes), `drift` (moving hills) or `fade` (a disc appears).

    It is an `array`, `frames` or `webp` bytes.
    """

    name: str
    frames: int = 8
    size: tuple[int, int] = (48, 40)
    backwards: bool = False
    form: str = "array"

    def make(self) -> Any:
        """The video; an array has shape (frames, height, width, 3), frames are PIL images."""
        from PIL import Image as pil

        video = _VIDEOS[self.name](self.frames, *self.size)
        video = np.ascontiguousarray(video[::-1]) if self.backwards else video
        if self.form == "array":
            return video
        pictures = [pil.fromarray(frame) for frame in video]
        return pictures if self.form == "frames" else _webp(pictures)


@dataclass(frozen=True, repr=False)
class Audio(Recipe):
    """A sound: `tone`, `chirp` or `pulses`; as an `array` with its rate, or `wav` bytes."""

    name: str
    rate: int = RATE
    channels: int = 1
    seconds: float = 0.5
    form: str = "array"

    def make(self) -> Any:
        """The sound: (float32 array of shape (time,) or (time, channels), rate), or a file's bytes."""
        time = np.arange(int(self.rate * self.seconds)) / self.rate
        samples = (0.5 * _SOUNDS[self.name](time)).astype(np.float32)
        if self.channels > 1:
            samples = np.stack([samples] * self.channels, axis=1)
        return (samples, self.rate) if self.form == "array" else _wav(samples, self.rate)


@dataclass(frozen=True, repr=False)
class Series(Recipe):
    """A series: `seasonal`, `trend` or `steps`."""

    name: str
    length: int
    channels: int = 1

    def make(self) -> np.ndarray:
        """float32, shape (length, channels)."""
        time = np.arange(self.length, dtype=np.float64)
        shifts = np.arange(self.channels)
        return np.stack([_SERIES[self.name](time + 3 * shift) for shift in shifts], axis=1).astype(np.float32)


@dataclass(frozen=True, repr=False)
class Calendar(Recipe):
    """What is known of the steps of a series beforehand: where in a `week` or a `year` each is."""

    name: str
    length: int
    features: int = 2

    def make(self) -> np.ndarray:
        """float32, shape (length, features): sines and cosines of the place in the period."""
        turns = np.arange(self.length)[:, None] / _PERIODS[self.name]
        number = np.arange(self.features)
        return np.sin(2 * np.pi * turns * (1 + number // 2) + np.pi / 2 * (number % 2)).astype(np.float32)


def realise(value: Any) -> Any:
    """A value with every recipe in it, at any depth of lists and dicts, made."""
    if isinstance(value, Recipe):
        return value.make()
    if isinstance(value, list):
        return [realise(item) for item in value]
    if isinstance(value, dict):
        return {key: realise(item) for key, item in value.items()}
    return value


def request(inputs: Iterable[str]) -> dict[str, Any]:
    """An example of each of a handler's inputs, which are told apart by their names."""
    examples = {
        "text": TEXT,
        "question": "Where did the cat sit?",
        "context": TEXT,
        "protein": {"aa_seq": "MKTAYIAKQR", "foldseek": "dpqvlvvlfd"},
        "choices": ["It saw a boat.", "It was a heavy storm."],
        "next_text": "It saw a boat.",
        "words": TEXT.split(),
        "table": {"animal": ["cat", "dog"], "age": ["3", "7"]},
        "image": Image("hills"),  # patches that are alike would tell nothing of how they are looked at
        "other": Image("disc"),
        "trimap": Image("ramp", mode="L"),
        "example": Image("disc"),
        "example_mask": Image("disc", mode="L"),
        "points": [[24, 20]],
        "background": [[2, 2]],
        "box": [8, 6, 40, 34],
        "boxes": [[8, 6, 40, 34]],
        "video": Video("drift"),
        "audio": Audio("chirp"),
    }
    names = tuple(inputs)
    if "words" in names:  # one for each, on a page of 1000 by 1000
        examples["boxes"] = [[80 * place, 40, 80 * place + 70, 80] for place in range(len(TEXT.split()))]
    return {name: realise(examples[name]) for name in names}


def series(length: int, channels: int) -> np.ndarray:
    """An example series of shape (length, channels)."""
    return Series("seasonal", length, channels).make()


def _stripes(width: int, height: int) -> np.ndarray:
    columns = (np.arange(width) // 4) % 2
    return _rgb(np.tile(columns * 255, (height, 1)), 0.2, 1.0, 0.4)


def _disc(width: int, height: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    inside = np.hypot(rows - height / 2, columns - width / 2) < min(width, height) / 3
    return _rgb(inside * 255, 1.0, 0.3, 0.1)


def _ramp(width: int, height: int) -> np.ndarray:
    return _rgb(np.tile(np.linspace(0, 255, width), (height, 1)), 0.9, 0.6, 1.0)


def _hills(width: int, height: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    waves = np.sin(columns / 2.3 + rows / 7.1), np.sin(rows / 1.7 - columns / 5.3)
    return _rgb(127.5 + 42 * (sum(waves) + np.sin((columns**2 + 3 * rows**2) / 97)), 1.0, 0.7, 0.9)


def _slide(frames: int, width: int, height: int) -> np.ndarray:
    return _moved(_stripes(width, height), frames)


def _drift(frames: int, width: int, height: int) -> np.ndarray:
    return _moved(_hills(width, height), frames)


def _moved(picture: np.ndarray, frames: int) -> np.ndarray:
    """A picture that moves by a pixel from frame to frame."""
    return np.stack([np.roll(picture, shift, axis=1) for shift in range(frames)])


def _fade(frames: int, width: int, height: int) -> np.ndarray:
    shares = np.linspace(0, 1, frames)[:, None, None, None]
    return (shares * _disc(width, height)).astype(np.uint8)


def _rgb(gray: np.ndarray, red: float, green: float, blue: float) -> np.ndarray:
    return np.stack([gray * red, gray * green, gray * blue], axis=-1).astype(np.uint8)


_PICTURES = {"stripes": _stripes, "disc": _disc, "ramp": _ramp, "hills": _hills}
_VIDEOS = {"slide": _slide, "drift": _drift, "fade": _fade}
_SOUNDS = {
    "tone": lambda time: np.sin(2 * np.pi * 440 * time),
    "chirp": lambda time: np.sin(2 * np.pi * (200 + 1500 * time) * time),
    "pulses": lambda time: np.sign(np.sin(2 * np.pi * 25 * time)) * np.sin(2 * np.pi * 900 * time),
}
_PERIODS = {"week": 7, "year": 12}
_SERIES = {
    "seasonal": lambda time: np.sin(time / 3) + 0.1 * time,
    "trend": lambda time: 0.05 * time**1.5,
    "steps": lambda time: np.floor(time / 7) % 3,
}


def _png(picture: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _webp(pictures: list[Any]) -> bytes:
    """An animation without loss."""
    file = io.BytesIO()
    pictures[0].save(file, "WEBP", save_all=True, append_images=pictures[1:], lossless=True)
    return file.getvalue()


def _wav(samples: np.ndarray, rate: int) -> bytes:
    """16-bit PCM."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()
