"""What PI0 must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/pi0.yaml and specs/overlays/pi0.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_pi0.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "pi0"


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


def robotics(checkpoint):
    """The reference for robotics: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModelForImageTextToText.from_pretrained(checkpoint).eval()

    def answer(text, image, state, seed=None):
        actions = []
        states = [state] if isinstance(text, str) else state
        for prompt, numbers in zip(prompts(text, image), states, strict=True):
            inputs = processor(
                text=[prompt["text"]],
                images=[pictures(prompt["image"])],
                state=[numbers],
                return_tensors="pt",
            )
            torch.manual_seed(seed)
            (steps,) = model.sample_actions(**inputs).tolist()
            scales = list(zip(processor.actions_mean, processor.actions_std, strict=True))
            actions.append(
                [[mean + size * x for x, (mean, size) in zip(step, scales, strict=False)] for step in steps]
            )
        return {"actions": actions}

    return answer, model, processor


ROBOTICS_REQUESTS = {
    "items": [
        {"text": "Take the cup.", "image": Image("stripes"), "state": [0.5, -1.0, 0.25, 2.0]},
        {
            "text": "Put it on the old table beside the door.",
            "image": Image("disc"),
            "state": [0.0, 1.5, -0.5, 1.0],
        },
    ],
    "parameters": {"seed": 5},
    "bad": {"number": {"image": 7}, "no-state": {"state": None}, "short-state": {"state": [0.5, 1.0, 2.0]}},
}


class TestRobotics:
    def test_takes_several_cameras(self, subject, observe, different):
        request = ROBOTICS_REQUESTS
        item = {**request["items"][0], "image": [Image("stripes"), Image("disc")]}
        answer = subject("robotics").ask(item, request["parameters"])
        observe("robotics/two-cameras", answer, item, request["parameters"])
        swapped = {**item, "image": [Image("disc"), Image("stripes")]}
        different(answer, subject("robotics").ask(swapped, request["parameters"]))


REFERENCES = {
    "robotics": robotics,
}
REQUESTS = {
    "robotics": ROBOTICS_REQUESTS,
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
