"""What SAM3 Tracker Video must answer about images: asked of the model itself, then of the skillset.

Generated from specs/models/sam3_tracker_video.yaml and specs/overlays/sam3_tracker_video.yaml
by templates/tests/vision.py.j2.
Run it with `pytest generated/tests/test_hf_sam3_tracker_video.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture
from PIL import ImageSequence

from skillset_runtime.samples import Video

MODEL_TYPE = "sam3_tracker_video"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def prompts(text, image=None, audio=None):
    """The texts of a request, each with the image or images, and the sound or sounds, that it is about."""
    given = {
        name: value
        for name, value in {"text": text, "image": image, "audio": audio}.items()
        if value is not None
    }
    if len(given) < 2:
        raise TypeError("a text needs an image or a recording to be about")
    if not isinstance(text, list):
        given = {name: [value] for name, value in given.items()}
    return [dict(zip(given, each, strict=True)) for each in zip(*given.values(), strict=True)]


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


def object_tracking(checkpoint):
    """The reference for object-tracking: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(video, points=None, background=None, box=None, mask_threshold=0.0):
        several = isinstance(video, list) and not isinstance(video[0], Picture.Image)
        columns = [given if several else [given] for given in (points, background, box)]
        shown = films(video)
        rows = zip(shown, *(column or [None] * len(shown) for column in columns), strict=True)
        return {"masks": [one(*row, mask_threshold) for row in rows]}

    def one(frames, points, background, box, mask_threshold):
        inside, outside = points or [], background or []
        prompts = {"input_boxes": [[box]]} if box else {}
        if inside or outside:
            prompts["input_points"] = [[inside + outside]]
            prompts["input_labels"] = [[[1] * len(inside) + [0] * len(outside)]]
        size = [list(frames[0].size[::-1])]
        session = processor.init_video_session(video=frames)
        processor.add_inputs_to_inference_session(session, 0, 1, **prompts)
        masks = []
        with torch.inference_mode():
            for place in range(len(frames)):
                logits = model(session, frame_idx=place).pred_masks
                masks.append(processor.post_process_masks([logits], size, mask_threshold)[0][0, 0].tolist())
        return masks

    return answer, model, processor


OBJECT_TRACKING_REQUESTS = {
    "items": [
        {"video": Video("slide", frames=3), "points": [[10, 12]]},
        {"video": Video("fade", frames=4), "points": [[24, 20], [30, 22]]},
        {"video": Video("slide", frames=2, size=(72, 40)), "points": [[60, 5]]},
    ],
    "parameters": {},
    "bad": {
        "missing": {"video": None},
        "number": {"video": 7},
        "no-such-file": {"video": "no/such/film.gif"},
        "points-of-text": {"points": "here"},
    },
}


class TestObjectTracking:
    item = {"video": Video("fade", frames=3)}

    def test_takes_every_form_of_a_video(self, subject, same):
        ask = subject("object-tracking").ask
        answer = ask({**self.item, "points": [[24, 20]]})
        for form in ("frames", "webp"):
            same(ask({"video": Video("fade", frames=3, form=form), "points": [[24, 20]]}), answer)

    def test_takes_a_box(self, subject, observe, different):
        ask, item = subject("object-tracking").ask, {**self.item, "box": [8, 6, 30, 28]}
        answer = ask(item)
        observe("object-tracking/box", answer, item)
        different(answer, ask({**item, "box": [20, 20, 46, 38]}))

    def test_refuses_a_request_that_says_of_no_object(self, subject, observe):
        observe.refusal("object-tracking/no-object", lambda: subject("object-tracking").ask(self.item))


REFERENCES = {
    "object-tracking": object_tracking,
}
REQUESTS = {
    "object-tracking": OBJECT_TRACKING_REQUESTS,
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
