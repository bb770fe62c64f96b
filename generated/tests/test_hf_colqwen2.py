"""What ColQwen2 must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/colqwen2.yaml and specs/overlays/colqwen2.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_colqwen2.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "colqwen2"


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


def retrieval(checkpoint):
    """The reference for retrieval: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.ColQwen2ForRetrieval.from_pretrained(checkpoint).eval()

    def answer(text=None, image=None):
        vectors = []
        for each in texts(text) if image is None else pictures(image):
            if image is None:
                inputs = processor.process_queries([each], return_tensors="pt")
            else:
                inputs = processor.process_images([each], return_tensors="pt")
            with torch.inference_mode():
                given = {name: tensor for name, tensor in inputs.items() if name != "labels"}
                vectors.append(model(**given).embeddings[0].tolist())
        return {"vectors": vectors}

    return answer, model, processor


RETRIEVAL_REQUESTS = {
    "items": [
        {"text": "a cat on a mat"},
        {"text": "a heavy storm over the sea, the village and the old bridge"},
        {"text": "storm"},
    ],
    "parameters": {},
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "empty-list": {"text": []}},
}


class TestRetrieval:
    images = [{"image": Image("stripes")}, {"image": Image("disc")}]

    def test_takes_images(self, subject, observe, different):
        answer = subject("retrieval").ask_batch(self.images)
        observe("retrieval/images", answer, self.images)
        first, second = answer["vectors"]
        different(first, second)

    def test_places_both_in_one_space(self, subject):
        text = subject("retrieval").ask({"text": "a cat"})["vectors"][0]
        image = subject("retrieval").ask(self.images[0])["vectors"][0]
        assert len(text[0]) == len(image[0])

    def test_refuses_neither(self, subject, observe):
        observe.refusal("retrieval/nothing", lambda: subject("retrieval").ask({}))


REFERENCES = {
    "retrieval": retrieval,
}
REQUESTS = {
    "retrieval": RETRIEVAL_REQUESTS,
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
