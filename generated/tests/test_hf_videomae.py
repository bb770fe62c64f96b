"""What VideoMAE must answer about images: asked of the model itself, then of the skillset.

Generated from specs/models/videomae.yaml
by templates/tests/vision.py.j2.
Run it with `pytest generated/tests/test_hf_videomae.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture
from PIL import ImageSequence

from skillset_runtime.samples import Video

MODEL_TYPE = "videomae"


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


def video_classification(checkpoint):
    """The reference for video-classification: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForVideoClassification.from_pretrained(checkpoint).eval()

    def answer(video, top_k=5):
        labels = []
        count = getattr(model.config, "num_frames", None) or model.config.frames_per_clip
        for frames in clips(video, count):
            inputs = processor(frames, return_tensors="pt")
            with torch.inference_mode():
                row = torch.softmax(model(**inputs).logits[0], dim=-1).tolist()
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:top_k]
            labels.append([{"label": model.config.id2label[index], "score": row[index]} for index in best])
        return {"labels": labels}

    return answer, model, processor


VIDEO_CLASSIFICATION_REQUESTS = {
    "items": [
        {"video": Video("slide")},
        {"video": Video("fade")},
        {"video": Video("slide", frames=20, size=(72, 40))},
    ],
    "parameters": {},
    "bad": {
        "missing": {"video": None},
        "number": {"video": 7},
        "no-such-file": {"video": "no/such/film.gif"},
    },
}


class TestVideosForVideoClassification:
    def test_takes_every_form_of_a_video(self, subject, same):
        answer = subject("video-classification").ask({"video": Video("fade")})
        for form in ("frames", "webp"):
            same(subject("video-classification").ask({"video": Video("fade", form=form)}), answer)

    def test_the_order_of_the_frames_matters(self, subject, different):
        ask = subject("video-classification").ask
        different(ask({"video": Video("slide")}), ask({"video": Video("slide", backwards=True)}))


class TestVideoClassification:
    def test_returns_as_many_labels_as_asked_for(self, subject, observe):
        item = {"video": Video("slide")}
        answer = subject("video-classification").ask(item, {"top_k": 1})
        observe("video-classification/top-k", answer, item, {"top_k": 1})
        assert len(answer["labels"][0]) == 1


def video_feature_extraction(checkpoint):
    """The reference for video-feature-extraction: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(video):
        embedding = []
        count = getattr(model.config, "num_frames", None) or model.config.frames_per_clip
        for frames in clips(video, count):
            inputs = processor(frames, return_tensors="pt")
            with torch.inference_mode():
                outputs = model(**inputs)
            embedding.append(torch.mean(outputs.last_hidden_state[0], dim=0).tolist())
        return {"embedding": embedding}

    return answer, model, processor


VIDEO_FEATURE_EXTRACTION_REQUESTS = {
    "items": [
        {"video": Video("slide")},
        {"video": Video("fade")},
        {"video": Video("slide", frames=20, size=(72, 40))},
    ],
    "parameters": {},
    "bad": {
        "missing": {"video": None},
        "number": {"video": 7},
        "no-such-file": {"video": "no/such/film.gif"},
    },
}


class TestVideosForVideoFeatureExtraction:
    def test_takes_every_form_of_a_video(self, subject, same):
        answer = subject("video-feature-extraction").ask({"video": Video("fade")})
        for form in ("frames", "webp"):
            same(subject("video-feature-extraction").ask({"video": Video("fade", form=form)}), answer)

    def test_the_order_of_the_frames_matters(self, subject, different):
        ask = subject("video-feature-extraction").ask
        different(ask({"video": Video("slide")}), ask({"video": Video("slide", backwards=True)}))


REFERENCES = {
    "video-classification": video_classification,
    "video-feature-extraction": video_feature_extraction,
}
REQUESTS = {
    "video-classification": VIDEO_CLASSIFICATION_REQUESTS,
    "video-feature-extraction": VIDEO_FEATURE_EXTRACTION_REQUESTS,
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
