"""What SegGpt must answer about images: asked of the model itself, then of the skillset.

Generated from specs/models/seggpt.yaml and specs/overlays/seggpt.yaml
by templates/tests/vision.py.j2.
Run it with `pytest generated/tests/test_hf_seggpt.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "seggpt"


def pictures(image):
    """A PIL image, an array, file bytes or a list of them, as RGB pictures."""
    if isinstance(image, list):
        return [pictures(each)[0] for each in image]
    if isinstance(image, bytes):
        image = Picture.open(BytesIO(image))
    elif not isinstance(image, Picture.Image):
        image = Picture.fromarray(image)
    return [image.convert("RGB")]


def example_segmentation(checkpoint):
    """The reference for example-segmentation: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.SegGptForImageSegmentation.from_pretrained(checkpoint).eval()

    def answer(image, example, example_mask, threshold=128):
        masks = []
        for picture, shown, mask in zip(
            pictures(image), pictures(example), pictures(example_mask), strict=True
        ):
            grey = mask.convert("L")
            inputs = processor(picture, prompt_images=shown, prompt_masks=grey, return_tensors="pt")
            with torch.inference_mode():
                outputs = model(**inputs)
            (painted,) = processor.post_process_semantic_segmentation(outputs, [picture.size[::-1]])
            masks.append([[pixel >= threshold for pixel in row] for row in painted.tolist()])
        return {"mask": masks}

    return answer, model, processor


EXAMPLE_SEGMENTATION_REQUESTS = {
    "items": [
        {"image": Image("stripes"), "example": Image("disc"), "example_mask": Image("disc", mode="L")},
        {"image": Image("disc"), "example": Image("stripes"), "example_mask": Image("ramp", mode="L")},
        {
            "image": Image("ramp", size=(72, 40)),
            "example": Image("disc"),
            "example_mask": Image("stripes", mode="L"),
        },
    ],
    "parameters": {},
    "bad": {
        "missing": {"example_mask": None},
        "number": {"image": 7},
        "no-such-file": {"example": "no/such/picture.png"},
    },
}


class TestExampleSegmentation:
    item = {"image": Image("hills"), "example": Image("disc"), "example_mask": Image("disc", mode="L")}

    def test_takes_every_form_of_an_image(self, subject, same):
        ask = subject("example-segmentation").ask
        for form in ("array", "png"):
            same(ask({**self.item, "image": Image("hills", form=form)}), ask(self.item))

    def test_outlines_less_at_a_higher_threshold(self, subject, observe):
        ask, least = subject("example-segmentation").ask, {"threshold": 1}
        low, high = (sum(map(sum, ask(self.item, {"threshold": t})["mask"][0])) for t in (1, 255))
        observe("example-segmentation/least", ask(self.item, least), self.item, least)
        assert low > high


REFERENCES = {
    "example-segmentation": example_segmentation,
}
REQUESTS = {
    "example-segmentation": EXAMPLE_SEGMENTATION_REQUESTS,
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
