"""What TVP must answer about texts: asked of the model itself, then of the skillset.

Generated from specs/models/tvp.yaml and specs/overlays/tvp.yaml
by templates/tests/text_embedding.py.j2.
Run it with `pytest generated/tests/test_hf_tvp.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture
from PIL import ImageSequence

from skillset_runtime.samples import Video

MODEL_TYPE = "tvp"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def texts(value):
    """A text, or a list of them, as a list; some tokenizers would take other things for texts."""
    given = several(value)
    if not given or not all(isinstance(each, str) for each in given):
        raise TypeError(f"{value!r} is not a text or a list of texts")
    return given


def pictures(image):
    """A PIL image, an array, file bytes or a list of them, as RGB pictures."""
    if isinstance(image, list):
        return [pictures(each)[0] for each in image]
    if isinstance(image, bytes):
        image = Picture.open(BytesIO(image))
    elif not isinstance(image, Picture.Image):
        image = Picture.fromarray(image)
    return [image.convert("RGB")]


def clips(video, count):
    """A video, or a list of videos, as lists of so many frames, evenly spread."""
    return [
        [frames[(len(frames) - 1) * i // max(1, count - 1)] for i in range(count)] for frames in films(video)
    ]


def films(video):
    """A video, or a list of videos, as lists of all their frames."""
    if isinstance(video, list) and not isinstance(video[0], Picture.Image):
        return [films(each)[0] for each in video]
    if isinstance(video, bytes):
        video = [frame.copy() for frame in ImageSequence.Iterator(Picture.open(BytesIO(video)))]
    return [[pictures(frame)[0] for frame in video]]


def feature_extraction(checkpoint):
    """The reference for feature-extraction: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(text, video):
        embedding = []
        for words, frames in zip(texts(text), clips(video, model.config.num_frames), strict=True):
            inputs = processor(text=[words], videos=[frames], return_tensors="pt")
            with torch.inference_mode():
                embedding.append(model(**inputs).pooler_output[0].tolist())
        return {"embedding": embedding}

    return answer, model, processor


FEATURE_EXTRACTION_REQUESTS = {
    "items": [
        {"text": "A square moves to the right.", "video": Video("slide")},
        {"text": "A red disc appears over the old river.", "video": Video("fade")},
    ],
    "parameters": {},
    "bad": {"missing": {"video": None}, "number": {"text": 7}, "no-such-file": {"video": "no/such/film.gif"}},
}


class TestVideosForFeatureExtraction:
    def test_takes_every_form_of_a_video(self, subject, same):
        item = FEATURE_EXTRACTION_REQUESTS["items"][1]
        answer = subject("feature-extraction").ask(item)
        for form in ("frames", "webp"):
            same(subject("feature-extraction").ask({**item, "video": Video("fade", form=form)}), answer)


REFERENCES = {
    "feature-extraction": feature_extraction,
}
REQUESTS = {
    "feature-extraction": FEATURE_EXTRACTION_REQUESTS,
}


@pytest.mark.parametrize("task", REQUESTS)
class TestEveryTask:
    """What holds for a task whatever it is; each request has its items, parameters and bad inputs."""

    def test_answers_one_item(self, subject, observe, task):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        observe(f"{task}/one", subject(task).ask(item, parameters), item, parameters)

    def test_answers_a_batch_like_its_items(self, subject, observe, task, same):
        items, parameters = REQUESTS[task]["items"], REQUESTS[task]["parameters"]
        together = subject(task).ask_batch(items, parameters)
        one_by_one = [subject(task).ask(item, parameters) for item in items]
        observe(f"{task}/batch", together, items, parameters)
        same(together, {key: [answer[key][0] for answer in one_by_one] for key in together})

    def test_gives_the_same_answer_again(self, subject, task):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        assert subject(task).ask(item, parameters) == subject(task).ask(item, parameters)

    def test_answers_from_async_code(self, subject, task, same):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        same(subject(task).ask_async(item, parameters), subject(task).ask(item, parameters))

    def test_every_input_reaches_the_model(self, subject, task, different):
        (item, other), parameters = REQUESTS[task]["items"][:2], REQUESTS[task]["parameters"]
        answer = subject(task).ask(item, parameters)
        for name in item:
            different(answer, subject(task).ask({**item, name: other[name]}, parameters))

    def test_refuses_bad_input(self, subject, observe, task):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        for name, bad in REQUESTS[task]["bad"].items():
            observe.refusal(
                f"{task}/bad-{name}", lambda bad=bad: subject(task).ask({**item, **bad}, parameters)
            )

    def test_survives_saving_and_loading(self, subject, task, same, tmp_path):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        subject(task).save(tmp_path)
        same(subject(task).reopened(tmp_path).ask(item, parameters), subject(task).ask(item, parameters))

    def test_cost_is_recorded(self, subject, task, measure):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        measure(task, lambda: subject(task).ask(item, parameters))
