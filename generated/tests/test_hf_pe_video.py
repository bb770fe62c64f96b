"""What PeVideo must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/pe_video.yaml and specs/overlays/pe_video.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_pe_video.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture
from PIL import ImageSequence

from skillset_runtime.samples import Video

MODEL_TYPE = "pe_video"


def pictures(image):
    """A PIL image, an array, file bytes or a list of them, as RGB pictures."""
    if isinstance(image, list):
        return [pictures(each)[0] for each in image]
    if isinstance(image, bytes):
        image = Picture.open(BytesIO(image))
    elif not isinstance(image, Picture.Image):
        image = Picture.fromarray(image)
    return [image.convert("RGB")]


def films(video):
    """A video, or a list of videos, as lists of all their frames."""
    if isinstance(video, list) and not isinstance(video[0], Picture.Image):
        return [films(each)[0] for each in video]
    if isinstance(video, bytes):
        video = [frame.copy() for frame in ImageSequence.Iterator(Picture.open(BytesIO(video)))]
    return [[pictures(frame)[0] for frame in video]]


def zero_shot_video_classification(checkpoint):
    """The reference for zero-shot-video-classification: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(video, candidate_labels):
        labels = []
        for frames in films(video):
            inputs = processor(text=candidate_labels, videos=[frames], padding=True, return_tensors="pt")
            with torch.inference_mode():
                row = torch.sigmoid(model(**inputs).logits_video_text[0]).tolist()
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)
            labels.append([{"label": candidate_labels[index], "score": row[index]} for index in best])
        return {"labels": labels}

    return answer, model, processor


ZERO_SHOT_VIDEO_CLASSIFICATION_REQUESTS = {
    "items": [
        {"video": Video("slide")},
        {"video": Video("fade")},
        {"video": Video("slide", frames=20, size=(72, 40))},
    ],
    "parameters": {"candidate_labels": ["a square that moves", "a red disc", "the cat sat on the mat"]},
    "bad": {
        "missing": {"video": None},
        "number": {"video": 7},
        "no-such-file": {"video": "no/such/film.gif"},
    },
}


class TestVideosForZeroShotVideoClassification:
    parameters = {"candidate_labels": ["a square that moves", "a red disc"]}

    def test_takes_every_form_of_a_video(self, subject, same):
        answer = subject("zero-shot-video-classification").ask({"video": Video("fade")}, self.parameters)
        for form in ("frames", "webp"):
            same(
                subject("zero-shot-video-classification").ask(
                    {"video": Video("fade", form=form)}, self.parameters
                ),
                answer,
            )


class TestZeroShotVideoClassification:
    item = {"video": Video("fade")}

    def test_the_texts_reach_the_model(self, subject, observe, different):
        parameters = {"candidate_labels": ["a red disc", "a river"]}
        other = {"candidate_labels": ["a red disc", "the old bridge of the village"]}
        answer = subject("zero-shot-video-classification").ask(self.item, parameters)
        observe("zero-shot-video-classification/two-labels", answer, self.item, parameters)
        scores = [
            sorted(label["score"] for label in labels["labels"][0])
            for labels in (answer, subject("zero-shot-video-classification").ask(self.item, other))
        ]
        different(*scores)

    def test_refuses_a_request_without_texts(self, subject, observe):
        observe.refusal(
            "zero-shot-video-classification/no-labels",
            lambda: subject("zero-shot-video-classification").ask(self.item),
        )


REFERENCES = {
    "zero-shot-video-classification": zero_shot_video_classification,
}
REQUESTS = {
    "zero-shot-video-classification": ZERO_SHOT_VIDEO_CLASSIFICATION_REQUESTS,
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
