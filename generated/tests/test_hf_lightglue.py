"""What LightGlue must answer about images: asked of the model itself, then of the skillset.

Generated from specs/models/lightglue.yaml and specs/overlays/lightglue.yaml
by templates/tests/vision.py.j2.
Run it with `pytest generated/tests/test_hf_lightglue.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "lightglue"


def pictures(image):
    """A PIL image, an array, file bytes or a list of them, as RGB pictures."""
    if isinstance(image, list):
        return [pictures(each)[0] for each in image]
    if isinstance(image, bytes):
        image = Picture.open(BytesIO(image))
    elif not isinstance(image, Picture.Image):
        image = Picture.fromarray(image)
    return [image.convert("RGB")]


def keypoint_matching(checkpoint):
    """The reference for keypoint-matching: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForKeypointMatching.from_pretrained(checkpoint).eval()

    def answer(image, other, threshold=0.0):
        matches = []
        for pair in zip(pictures(image), pictures(other), strict=True):
            inputs = processor(list(pair), return_tensors="pt")
            with torch.inference_mode():
                outputs = model(**inputs)
            sizes = torch.tensor([[picture.size[::-1] for picture in pair]])
            (found,) = processor.post_process_keypoint_matching(outputs, sizes, threshold)
            columns = (found[name].tolist() for name in ("keypoints0", "keypoints1", "matching_scores"))
            matches.append(
                [{"point": p, "other_point": o, "score": s} for p, o, s in zip(*columns, strict=True)]
            )
        return {"matches": matches}

    return answer, model, processor


KEYPOINT_MATCHING_REQUESTS = {
    "items": [
        # In pictures with flat parts the same point has many equal matches.
        {"image": Image("hills"), "other": Image("hills", size=(60, 44))},
        {"image": Image("hills", size=(72, 40)), "other": Image("hills", mode="L")},
        {"image": Image("hills", size=(56, 48)), "other": Image("hills", size=(64, 64))},
    ],
    "parameters": {},
    "bad": {
        "missing": {"other": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
    },
}


class TestKeypointMatching:
    def test_takes_every_form_of_an_image(self, subject, same):
        ask = subject("keypoint-matching").ask
        answer = ask({"image": Image("hills"), "other": Image("hills", size=(60, 44))})
        for form in ("array", "png"):
            pair = {"image": Image("hills", form=form), "other": Image("hills", size=(60, 44), form=form)}
            same(ask(pair), answer)


REFERENCES = {
    "keypoint-matching": keypoint_matching,
}
REQUESTS = {
    "keypoint-matching": KEYPOINT_MATCHING_REQUESTS,
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
