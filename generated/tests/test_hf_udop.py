"""What UDOP must answer about texts: asked of the model itself, then of the skillset.

Generated from specs/models/udop.yaml and specs/overlays/udop.yaml
by templates/tests/text_embedding.py.j2.
Run it with `pytest generated/tests/test_hf_udop.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "udop"


def pages(**inputs):
    """The inputs of each page, one by one; a page alone comes as a list of one."""
    if isinstance(inputs["words"][0], str):
        inputs = {name: [value] for name, value in inputs.items()}
    return [dict(zip(inputs, page, strict=True)) for page in zip(*inputs.values(), strict=True)]


def pictures(image):
    """A PIL image, an array, file bytes or a list of them, as RGB pictures."""
    if isinstance(image, list):
        return [pictures(each)[0] for each in image]
    if isinstance(image, bytes):
        image = Picture.open(BytesIO(image))
    elif not isinstance(image, Picture.Image):
        image = Picture.fromarray(image)
    return [image.convert("RGB")]


def document_question_answering(checkpoint):
    """The reference for document-question-answering: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint, apply_ocr=False, backend="pil")
    model = transformers.AutoModelForImageTextToText.from_pretrained(checkpoint).eval()

    def placed(question, words, boxes, image):
        """One page as the model takes it: each token with the box of its word."""
        return processor(pictures(image)[0], question, text_pair=words, boxes=boxes, return_tensors="pt")

    def answer(question, words, boxes, image):
        answers = []
        for page in pages(question=question, words=words, boxes=boxes, image=image):
            inputs = placed(**page)
            inputs["bbox"] = torch.div(inputs["bbox"], 1000)
            answers.append(
                {"answer": processor.decode(model.generate(**inputs)[0], skip_special_tokens=True)}
            )
        return {"answers": answers}

    return answer, model, processor


DOCUMENT_QUESTION_ANSWERING_REQUESTS = {
    "items": [
        {
            "question": "What is it of?",
            "words": ["Invoice", "of", "the", "old", "farm"],
            "boxes": [
                [50, 40, 260, 80],
                [270, 40, 320, 80],
                [50, 400, 130, 440],
                [140, 400, 230, 440],
                [240, 400, 350, 440],
            ],
            "image": Image("stripes"),
        },
        {
            "question": "How many bridges are there in the village?",
            "words": ["Total", "price", "for", "nine", "bridges"],
            "boxes": [
                [600, 700, 700, 740],
                [60, 100, 160, 140],
                [300, 800, 360, 850],
                [400, 500, 480, 540],
                [20, 20, 190, 60],
            ],
            "image": Image("disc"),
        },
    ],
    "parameters": {},
    "bad": {"missing": {"question": None}, "number": {"words": 7}, "no-boxes": {"boxes": None}},
}


REFERENCES = {
    "document-question-answering": document_question_answering,
}
REQUESTS = {
    "document-question-answering": DOCUMENT_QUESTION_ANSWERING_REQUESTS,
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
