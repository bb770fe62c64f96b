"""Videos, pairs of images, and images with points or boxes, read into lists of items.

Like the readers in `skillset_runtime.inputs`: one item or a list of items in, a list out, and an
`InputError` that names what was given and what is accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from skillset_runtime.errors import InputError
from skillset_runtime.inputs import (
    Waveform,
    as_items,
    file_of,
    read_audio,
    read_images,
    read_prompts,
    read_texts,
)

VIDEO_FORMS = (
    "a list of frames, an array of shape (frames, height, width, 3), "
    "or the path or bytes of an animated image (GIF, WebP, PNG)"
)
POINT_FORM = "[x, y] in pixels"
STATE_FORM = "a list of numbers"
BOX_FORM = "[xmin, ymin, xmax, ymax] in pixels"


@dataclass(frozen=True)
class Video:
    """A video as RGB PIL images."""

    frames: tuple[Any, ...]

    def sampled(self, count: int) -> list[Any]:
        """As many frames as asked for, evenly spread from first to last; a short video repeats some."""
        last = len(self.frames) - 1
        return [self.frames[last * place // max(1, count - 1)] for place in range(count)]


class Pointers(NamedTuple):
    """What says which object in a picture is meant."""

    points: list[list[float]]
    background: list[list[float]]
    box: list[float] | None

    @property
    def prompts(self) -> dict[str, Any]:
        """As transformers' processors take them: for each image, for each object."""
        prompts: dict[str, Any] = {}
        if self.points or self.background:
            labels = [1] * len(self.points) + [0] * len(self.background)
            prompts = {"input_points": [[self.points + self.background]], "input_labels": [[labels]]}
        return {**prompts, "input_boxes": [[self.box]]} if self.box else prompts


class PointedImage(NamedTuple):
    """An image, and what says which object in it is meant."""

    image: Any
    prompts: dict[str, Any]


class PointedVideo(NamedTuple):
    """A video, and what says which object in its first frame is meant."""

    video: Video
    prompts: dict[str, Any]


class NamedImage(NamedTuple):
    """An image, and the words for what is looked for in it."""

    image: Any
    text: str


class ImageWithExample(NamedTuple):
    """An image, and an example image with a grey mask of what is looked for."""

    image: Any
    example: Any
    mask: Any


class BoxedImage(NamedTuple):
    """An image, and the boxes in it that are looked at."""

    image: Any
    boxes: list[list[float]]


class Scene(NamedTuple):
    """What a robot is told, what its cameras see, and its state."""

    text: str
    images: Sequence[Any]
    state: list[float]


def read_videos(video: Any) -> list[Video]:
    """A video or a list of videos; a list of images is the frames of one."""
    if isinstance(video, list) and video and not _is_video(video[0]):
        return [_video(video)]
    return [_video(item) for item in as_items(video, "video", VIDEO_FORMS)]


def read_told_videos(text: Any, video: Any) -> list[tuple[str, Video]]:
    """A text and the video it is about, or a list of each."""
    texts, videos = read_texts(text), read_videos(video)
    if len(texts) != len(videos):
        raise InputError(f"{len(texts)} texts but {len(videos)} videos; give one for each")
    return list(zip(texts, videos, strict=True))


def read_videos_with_sound(video: Any, audio: Any) -> list[tuple[Video, Waveform]]:
    """A video and the recording that goes with it, or a list of each."""
    videos, sounds = read_videos(video), read_audio(audio)
    if len(videos) != len(sounds):
        raise InputError(f"{len(videos)} videos but {len(sounds)} recordings; give one for each")
    return list(zip(videos, sounds, strict=True))


def read_image_pairs(image: Any, other: Any) -> list[tuple[Any, Any]]:
    """An image and another one, or a list of each."""
    return _paired(image, other, "other")


def read_images_and_trimaps(image: Any, trimap: Any) -> list[tuple[Any, Any]]:
    """An image and its trimap, of one size, or a list of each; trimaps become grey."""
    pairs = [(picture, known.convert("L")) for picture, known in _paired(image, trimap, "trimap")]
    for picture, known in pairs:
        if picture.size != known.size:
            raise InputError(f"the trimap is {known.size} pixels and its image {picture.size}; give one size")
    return pairs


def read_images_with_examples(image: Any, example: Any, example_mask: Any) -> list[ImageWithExample]:
    """An image, an example and the example's mask, or a list of each; masks become grey."""
    images, examples, masks = (read_images(given) for given in (image, example, example_mask))
    if not len(images) == len(examples) == len(masks):
        raise InputError(
            f"{len(images)} images, {len(examples)} examples and {len(masks)} masks; give one of each"
        )
    return [
        ImageWithExample(picture, shown, mask.convert("L"))
        for picture, shown, mask in zip(images, examples, masks, strict=True)
    ]


def read_pointed_images(
    image: Any, points: Any = None, background: Any = None, box: Any = None
) -> list[PointedImage]:
    """An image with points on an object, points beside it or a box around it; or a list of each."""
    several = isinstance(image, list)
    columns = _beside(read_images(image), several, points=points, background=background, box=box)
    return [PointedImage(picture, _prompts(*given)) for picture, *given in columns]


def read_pointed_videos(
    video: Any, points: Any = None, background: Any = None, box: Any = None
) -> list[PointedVideo]:
    """A video with points on an object of its first frame, points beside it or a box; or a list of each."""
    several = isinstance(video, list) and bool(video) and _is_video(video[0])
    columns = _beside(read_videos(video), several, points=points, background=background, box=box)
    return [PointedVideo(film, _prompts(*given)) for film, *given in columns]


def read_named_images(image: Any, text: Any) -> list[NamedImage]:
    """An image and the words for what is looked for in it, or a list of each."""
    images, texts = read_images(image), read_texts(text)
    if len(images) != len(texts):
        raise InputError(f"{len(images)} images but {len(texts)} texts; give one for each")
    return [NamedImage(*pair) for pair in zip(images, texts, strict=True)]


def _prompts(inside: Any, outside: Any, around: Any) -> dict[str, Any]:
    pointers = Pointers(
        [_numbers(point, 2, "point", POINT_FORM) for point in _list(inside, "points", POINT_FORM)],
        [_numbers(point, 2, "point", POINT_FORM) for point in _list(outside, "background", POINT_FORM)],
        None if around is None else _numbers(around, 4, "box", BOX_FORM),
    )
    if not pointers.prompts:
        raise InputError("nothing says which object is meant; give points or a box")
    return pointers.prompts


def read_boxed_images(image: Any, boxes: Any = None) -> list[BoxedImage]:
    """An image and boxes in it, or a list of each; without boxes, the whole image is the box."""
    return [
        BoxedImage(
            picture,
            [_numbers(box, 4, "box", BOX_FORM) for box in _list(around, "boxes", BOX_FORM)]
            or [[0.0, 0.0, float(picture.width), float(picture.height)]],
        )
        for picture, around in _beside(read_images(image), isinstance(image, list), boxes=boxes)
    ]


def read_scenes(text: Any, image: Any, state: Any) -> list[Scene]:
    """A text, the image or images of the cameras and a list of numbers; or a list of each."""
    prompts, states = read_prompts(text, image), [state] if isinstance(text, str) else state
    if not isinstance(states, list) or len(states) != len(prompts):
        raise InputError("give a state for each text")
    states = [_numbers(each, _length(each), "state", STATE_FORM) for each in states]
    return [Scene(prompt.text, prompt.images, each) for prompt, each in zip(prompts, states, strict=True)]


def _length(value: Any) -> int:
    return len(value) if isinstance(value, Sequence) else 0


def _video(value: Any) -> Video:
    if isinstance(value, np.ndarray):
        if value.ndim != 4 or not len(value):
            raise InputError(f"video array has shape {value.shape}; give {VIDEO_FORMS}")
        return Video(tuple(read_images(list(value))))
    if isinstance(value, list | tuple):
        return Video(tuple(read_images(list(value))))
    return Video(_animation(value))


def _animation(value: Any) -> tuple[Any, ...]:
    """The frames of a file that Pillow reads."""
    from PIL import Image, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(file_of(value, "video", VIDEO_FORMS)) as file:
            return tuple(frame.convert("RGB") for frame in ImageSequence.Iterator(file))
    except (UnidentifiedImageError, OSError) as error:
        raise InputError(f"video cannot be read: {error}; give {VIDEO_FORMS}") from error


def _is_video(value: Any) -> bool:
    """Whether an item of a list is a video; paths and bytes are, too, since frames seldom come so."""
    if isinstance(value, np.ndarray):
        return value.ndim == 4
    return isinstance(value, list | tuple | str | bytes)


def _paired(image: Any, other: Any, name: str) -> list[tuple[Any, Any]]:
    if other is None:
        raise InputError(f"{name} is missing; give an image for each image")
    images, others = read_images(image), read_images(other)
    if len(images) != len(others):
        raise InputError(f"{len(images)} images but {len(others)} of {name}; give one for each")
    return list(zip(images, others, strict=True))


def _beside(items: list[Any], several: bool, **given: Any) -> list[tuple[Any, ...]]:
    """Each item with what is given beside it: where a list of items was given, a list of each."""
    if not several:
        return [(items[0], *given.values())]
    for name, values in given.items():
        if values is not None and (not isinstance(values, list) or len(values) != len(items)):
            raise InputError(f"{len(items)} items need a list of as many {name}")
    columns = [[None] * len(items) if values is None else values for values in given.values()]
    return list(zip(items, *columns, strict=True))


def _list(value: Any, name: str, form: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InputError(f"{name} must be a list, each {form}, not {value!r}")
    return list(value)


def _numbers(value: Any, count: int, name: str, form: str) -> list[float]:
    right = isinstance(value, Sequence) and len(value) == count
    if not right or not all(isinstance(number, int | float) for number in value):
        raise InputError(f"a {name} must be {form}, not {value!r}")
    return [float(number) for number in value]
