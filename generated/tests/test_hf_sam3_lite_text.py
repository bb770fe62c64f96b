"""What Sam3LiteText must answer about images: asked of the model itself, then of the skillset.

Generated from specs/models/sam3_lite_text.yaml and specs/overlays/sam3_lite_text.yaml
by templates/tests/vision.py.j2.
Run it with `pytest generated/tests/test_hf_sam3_lite_text.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "sam3_lite_text"


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


def concept_segmentation(checkpoint):
    """The reference for concept-segmentation: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(image, text, threshold=0.3, mask_threshold=0.5):
        texts = text if isinstance(text, list) else [text]
        objects = []
        for picture, words in zip(pictures(image), texts, strict=True):
            inputs = processor(images=picture, text=words, return_tensors="pt")
            with torch.inference_mode():
                outputs = model(**inputs)
            sizes = [picture.size[::-1]]
            (found,) = processor.post_process_instance_segmentation(outputs, threshold, mask_threshold, sizes)
            rows = zip(
                *(found[name].tolist() for name in ("scores", "boxes")), found["masks"] == 1, strict=True
            )
            objects.append([{"score": score, "box": box, "mask": mask.tolist()} for score, box, mask in rows])
        return {"objects": objects}

    return answer, model, processor


CONCEPT_SEGMENTATION_REQUESTS = {
    "items": [
        {"image": Image("stripes"), "text": "stripes"},
        {"image": Image("disc"), "text": "a red disc"},
        {"image": Image("ramp", size=(72, 40)), "text": "the sky"},
    ],
    "parameters": {"threshold": 0.0},  # random weights are sure of nothing
    "bad": {
        "missing": {"text": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
    },
}


class TestConceptSegmentation:
    def test_takes_every_form_of_an_image(self, subject, same):
        ask, parameters = subject("concept-segmentation").ask, {"threshold": 0.0}
        answer = ask({"image": Image("disc"), "text": "a disc"}, parameters)
        for form in ("array", "png"):
            same(ask({"image": Image("disc", form=form), "text": "a disc"}, parameters), answer)

    def test_leaves_out_what_scores_below_the_threshold(self, subject):
        ask, item = subject("concept-segmentation").ask, {"image": Image("disc"), "text": "a disc"}
        scores = sorted(found["score"] for found in ask(item, {"threshold": 0.0})["objects"][0])
        middle = (scores[0] + scores[-1]) / 2
        answer = ask(item, {"threshold": middle})
        assert sorted(found["score"] for found in answer["objects"][0]) == [s for s in scores if s > middle]


REFERENCES = {
    "concept-segmentation": concept_segmentation,
}
REQUESTS = {
    "concept-segmentation": CONCEPT_SEGMENTATION_REQUESTS,
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
