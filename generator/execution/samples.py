"""The inputs of generated tests, by recipe name: the same on every machine, by formula and not by chance."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

RATE = 16_000

TEXTS = MappingProxyType({
    "short": "A cat sleeps.",
    "plain": "The quick brown fox jumps over the lazy dog.",
    "long": "Once upon a time there was a king who had three daughters, and every evening they walked "
            "along the river and talked about the history of the village.",
    "like": "The dog is playing with a ball in the park.",
    "like_too": "The dogs are playing with the ball in a park.",
    "unlike": "Water boils at 100 degrees and freezes at 0 degrees.",
    "prompt": "Once upon a time",
    "question": "Where does the cat sleep?",
    "context": "A cat sleeps on a red chair next to the open window.",
    "masked": "The capital of France is {mask}.",
    "masked_twice": "The {mask} brown fox jumps over the {mask} dog.",
    "describe": "Please describe the picture.",
    "accents": "Le chat dort près de la fenêtre; der Garten ist schön.",
    "empty": "",
})  # fmt: skip


def text(name: str) -> str:
    """A sentence; `{mask}` in it stands for the tokenizer's own mask token."""
    return TEXTS[name]


def image(name: str, mode: str = "RGB", size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A picture of `size` (width, height) pixels, in a PIL mode: RGB, L, RGBA …"""
    from PIL import Image

    return Image.fromarray(image_array(name, size)).convert(mode)


def image_array(name: str, size: tuple[int, int] = (48, 40)) -> np.ndarray:
    """The picture as unsigned bytes, shape (height, width, 3)."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    channels = _IMAGES[name](x / width, y / height)
    return np.stack(np.broadcast_arrays(*channels), axis=-1).round().astype(np.uint8)


def image_bytes(name: str, mode: str = "RGB", size: tuple[int, int] = (48, 40)) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    image(name, mode, size).save(buffer, format="PNG")
    return buffer.getvalue()


def audio(name: str, rate: int = RATE, channels: int = 1, seconds: float = 0.5) -> np.ndarray:
    """A recording in float32 between -1 and 1: shape (samples,), or (channels, samples) for several.

    Each further channel is the first, half as loud as the one before.
    """
    time = np.arange(round(rate * seconds)) / rate
    mono = _SOUNDS[name](time).astype(np.float32)
    if channels == 1:
        return mono
    return np.stack([mono / 2**channel for channel in range(channels)])


def wav_bytes(name: str, rate: int = RATE, channels: int = 1, seconds: float = 0.5) -> bytes:
    """The recording as a WAV file of 16-bit samples."""
    samples = np.atleast_2d(audio(name, rate, channels, seconds)).T
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())
    return buffer.getvalue()


def series(name: str, length: int, channels: int = 1) -> np.ndarray:
    """Measurements in float32, shape (length, channels); each channel is shifted by a quarter period."""
    step = np.arange(length)[:, None] + 4 * np.arange(channels)[None, :]
    return _SERIES[name](step).astype(np.float32)


def _stripes(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    on = (x * 8).astype(int) % 2 * 255.0
    return on, on, on


def _disc(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    inside = (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.09
    return 255.0 * inside, 220.0 * inside, 120.0 * ~inside


def _gradient(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    return 255 * x, 255 * y, 255 * (1 - x)


def _checks(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    on = ((x * 4).astype(int) + (y * 4).astype(int)) % 2 * 255.0
    return on, 255 - on, 0 * on


def _tone(time: np.ndarray) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * time)


def _chirp(time: np.ndarray) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * (200 + 1500 * time) * time)


def _pulses(time: np.ndarray) -> np.ndarray:
    return 0.8 * np.sin(2 * np.pi * 900 * time) * ((time * 12).astype(int) % 2)


def _silence(time: np.ndarray) -> np.ndarray:
    return 0 * time


def _season(step: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * step / 16)


def _trend(step: np.ndarray) -> np.ndarray:
    return 0.05 * step + 0.3 * np.sin(2 * np.pi * step / 8)


def _square(step: np.ndarray) -> np.ndarray:
    return np.where(step // 6 % 2 == 0, 1.0, -1.0)


_Picture = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, ...]]
_IMAGES: MappingProxyType[str, _Picture] = MappingProxyType(
    {"stripes": _stripes, "disc": _disc, "gradient": _gradient, "checks": _checks}
)
_Sound = Callable[[np.ndarray], np.ndarray]
_SOUNDS: MappingProxyType[str, _Sound] = MappingProxyType(
    {"tone": _tone, "chirp": _chirp, "pulses": _pulses, "silence": _silence}
)
_SERIES: MappingProxyType[str, _Sound] = MappingProxyType(
    {"season": _season, "trend": _trend, "square": _square}
)
