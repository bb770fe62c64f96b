"""What NeoMME must answer about texts: asked of the model itself, then of the skillset.

Generated from specs/models/neomme.yaml and specs/overlays/neomme.yaml
by templates/tests/text_embedding.py.j2.
Run it with `pytest generated/tests/test_hf_neomme.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "neomme"


def padding(tokenizer):
    """Decoders are often trained without a padding token; any will do where the mask hides it."""
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token or tokenizer.unk_token
    return tokenizer


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


def fill_mask(checkpoint):
    """The reference for fill-mask: the model called straight through transformers."""
    processor = padding(transformers.AutoTokenizer.from_pretrained(checkpoint))
    model = transformers.AutoModelForMaskedLM.from_pretrained(checkpoint).eval()

    def answer(text, top_k=5):
        fills = []
        for words in texts(text):
            inputs = processor(words, return_tensors="pt")
            with torch.inference_mode():
                probabilities = torch.softmax(model(**inputs).logits[0], dim=-1)
            fills.append([])
            places = (inputs["input_ids"][0] == processor.mask_token_id).nonzero().flatten().tolist()
            if not places:
                raise ValueError(f"{words!r} has no mask")
            for place in places:
                scores, token_ids = torch.topk(probabilities[place], min(top_k, probabilities.shape[-1]))
                fills[-1].append(
                    [
                        {"token": processor.decode([token_id]), "token_id": token_id, "score": score}
                        for token_id, score in zip(token_ids.tolist(), scores.tolist(), strict=True)
                    ]
                )
        return {"fills": fills}

    return answer, model, processor


FILL_MASK_REQUESTS = {
    "items": [  # {mask} is replaced by the tokenizer's own mask token
        {"text": "The cat sat on the {mask}."},
        {"text": "A {mask} is flying over the old river and the long wooden bridge."},
        {"text": "{mask} and {mask}"},
    ],
    "parameters": {},
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "empty-list": {"text": []}},
}


class TestFillMask:
    def test_returns_as_many_tokens_as_asked_for(self, subject, observe):
        item = {"text": "The cat sat on the {mask}."}
        answer = subject("fill-mask").ask(item, {"top_k": 2})
        observe("fill-mask/top-k", answer, item, {"top_k": 2})
        assert [len(tokens) for tokens in answer["fills"][0]] == [2]

    def test_returns_all_there_are_where_more_are_asked_for(self, subject):
        answer = subject("fill-mask").ask({"text": "The cat sat on the {mask}."}, {"top_k": 10**6})
        assert 5 < len(answer["fills"][0][0]) < 10**6

    def test_refuses_a_text_without_a_mask(self, subject):
        for words in ("The cat sat on the mat.", ["A {mask}.", "The cat sat on the mat."]):
            with pytest.raises(ValueError):
                subject("fill-mask").ask({"text": words})


def feature_extraction(checkpoint):
    """The reference for feature-extraction: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(text=None, image=None):
        embedding = []
        for each in texts(text) if image is None else pictures(image):
            inputs = processor(**{"text" if image is None else "images": [each]}, return_tensors="pt")
            with torch.inference_mode():
                embedding.append(model(**inputs).last_hidden_state[0].mean(dim=0).tolist())
        return {"embedding": embedding}

    return answer, model, processor


FEATURE_EXTRACTION_REQUESTS = {
    "items": [
        {"text": "a cat on a mat"},
        {"text": "a heavy storm over the sea, the village and the old bridge"},
        {"text": "storm"},
    ],
    "parameters": {},
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "empty-list": {"text": []}},
}


class TestTextImageEmbedding:
    images = [{"image": Image("stripes")}, {"image": Image("disc")}, {"image": Image("ramp")}]

    def test_embeds_images(self, subject, observe, different):
        answer = subject("feature-extraction").ask_batch(self.images)
        observe("feature-extraction/images", answer, self.images)
        first, second, _ = answer["embedding"]
        different(first, second)

    def test_places_both_in_one_space(self, subject):
        text = subject("feature-extraction").ask({"text": "a cat"})["embedding"]
        image = subject("feature-extraction").ask(self.images[0])["embedding"]
        assert torch.tensor(text).shape == torch.tensor(image).shape

    def test_refuses_neither(self, subject, observe):
        observe.refusal("feature-extraction/nothing", lambda: subject("feature-extraction").ask({}))


REFERENCES = {
    "fill-mask": fill_mask,
    "feature-extraction": feature_extraction,
}
REQUESTS = {
    "fill-mask": FILL_MASK_REQUESTS,
    "feature-extraction": FEATURE_EXTRACTION_REQUESTS,
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
