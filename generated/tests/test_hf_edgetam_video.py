"""What EdgeTAMVideo must answer about images: asked of the model itself, then of the skillset.

Generated from specs/models/edgetam_video.yaml and specs/overlays/edgetam_video.yaml
by templates/tests/vision.py.j2.
Run it with `pytest generated/tests/test_hf_edgetam_video.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "edgetam_video"


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


def mask_generation(checkpoint):
    """The reference for mask-generation: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModelForMaskGeneration.from_pretrained(checkpoint).eval()

    def answer(image, points=None, background=None, box=None, mask_threshold=0.0):
        if not isinstance(image, list):
            image, points, background, box = [image], [points], [background], [box]
        asked = zip(
            pictures(image),
            points,
            background or [None] * len(image),
            box or [None] * len(image),
            strict=True,
        )
        answers = [one(*each, mask_threshold) for each in asked]
        return {key: [each[key] for each in answers] for key in ("masks", "scores")}

    def one(picture, points, background, box, mask_threshold):
        prompts = {}
        if points or background:
            inside, outside = points or [], background or []
            prompts["input_points"] = [[inside + outside]]
            prompts["input_labels"] = [[[1] * len(inside) + [0] * len(outside)]]
        if box:
            prompts["input_boxes"] = [[box]]
        inputs = processor(images=picture, **prompts, return_tensors="pt")
        with torch.inference_mode():
            outputs = model(**inputs)
        sizes = [inputs[name] for name in ("original_sizes", "reshaped_input_sizes") if name in inputs]
        (masks,) = processor.post_process_masks(outputs.pred_masks, *sizes, mask_threshold=mask_threshold)
        scores = outputs.iou_scores[0, 0].tolist()
        order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
        return {"masks": [masks[0][i].tolist() for i in order], "scores": [scores[i] for i in order]}

    return answer, model, processor


MASK_GENERATION_REQUESTS = {
    "items": [
        {"image": Image("stripes"), "points": [[10, 12]]},
        {"image": Image("disc"), "points": [[24, 20], [30, 22]]},
        {"image": Image("ramp", size=(72, 40)), "points": [[60, 5]]},
    ],
    "parameters": {},
    "bad": {
        "missing": {"image": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
        "points-of-text": {"points": "here"},
    },
}


class TestMaskGeneration:
    def test_takes_a_box(self, subject, observe, different):
        ask, item = subject("mask-generation").ask, {"image": Image("disc"), "box": [8, 6, 30, 28]}
        answer = ask(item)
        observe("mask-generation/box", answer, item)
        different(answer["scores"], ask({**item, "box": [20, 20, 46, 38]})["scores"])

    def test_takes_points_beside_the_object(self, subject, observe, different):
        ask, item = subject("mask-generation").ask, {"image": Image("disc"), "points": [[24, 20]]}
        with_background = {**item, "background": [[2, 2]]}
        answer = ask(with_background)
        observe("mask-generation/background", answer, with_background)
        different(answer["scores"], ask(item)["scores"])

    def test_has_the_size_of_the_image(self, subject):
        answer = subject("mask-generation").ask({"image": Image("disc", size=(96, 80)), "points": [[40, 40]]})
        assert torch.tensor(answer["masks"]).shape[-2:] == (80, 96)


REFERENCES = {
    "mask-generation": mask_generation,
}
REQUESTS = {
    "mask-generation": MASK_GENERATION_REQUESTS,
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
