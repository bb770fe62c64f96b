"""What SigLIP must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/siglip.yaml and specs/overlays/siglip.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_siglip.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "siglip"


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


def zero_shot_image_classification(checkpoint):
    """The reference for zero-shot-image-classification: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForZeroShotImageClassification.from_pretrained(checkpoint).eval()

    def answer(image, candidate_labels, hypothesis_template="This is a photo of {}."):
        texts = [hypothesis_template.replace("{}", label) for label in candidate_labels]
        full = getattr(model, "logit_bias", None) is not None  # trained on pairs, with a sigmoid
        padded = {"padding": "max_length" if full else True}
        inputs = processor(text=texts, images=pictures(image), **padded, return_tensors="pt")
        with torch.inference_mode():
            logits = model(**inputs).logits_per_image
        probabilities = torch.sigmoid(logits) if full else torch.softmax(logits, dim=-1)
        labels = []
        for row in probabilities.tolist():
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)
            labels.append([{"label": candidate_labels[index], "score": row[index]} for index in best])
        return {"labels": labels}

    return answer, model, processor


ZERO_SHOT_IMAGE_CLASSIFICATION_REQUESTS = {
    "items": [{"image": Image("stripes")}, {"image": Image("disc")}, {"image": Image("ramp", size=(72, 40))}],
    "parameters": {"candidate_labels": ["stripes on a wall", "a red disc", "the cat sat on the mat"]},
    "bad": {
        "missing": {"image": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
    },
}


class TestZeroShotImageClassification:
    item = {"image": Image("disc")}

    def test_the_texts_reach_the_model(self, subject, observe, different):
        parameters = {"candidate_labels": ["a red disc", "a river"]}
        other = {"candidate_labels": ["a red disc", "the old bridge"]}
        answer = subject("zero-shot-image-classification").ask(self.item, parameters)
        observe("zero-shot-image-classification/two-labels", answer, self.item, parameters)
        scores = [
            sorted(label["score"] for label in labels["labels"][0])
            for labels in (answer, subject("zero-shot-image-classification").ask(self.item, other))
        ]
        different(*scores)

    def test_the_template_reaches_the_model(self, subject, observe, different):
        labels = {"candidate_labels": ["a disc", "a river"]}
        bare = {**labels, "hypothesis_template": "{}"}
        answer = subject("zero-shot-image-classification").ask(self.item, bare)
        observe("zero-shot-image-classification/bare-labels", answer, self.item, bare)
        different(answer, subject("zero-shot-image-classification").ask(self.item, labels))

    def test_refuses_a_request_without_texts(self, subject, observe):
        observe.refusal(
            "zero-shot-image-classification/no-labels",
            lambda: subject("zero-shot-image-classification").ask(self.item),
        )


def feature_extraction(checkpoint):
    """The reference for feature-extraction: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(text=None, image=None):
        padding = "max_length" if getattr(model, "logit_bias", None) is not None else True
        embedding = []
        for each in texts(text) if image is None else pictures(image):
            with torch.inference_mode():
                if image is None:
                    features = model.get_text_features(
                        **processor(text=[each], padding=padding, return_tensors="pt")
                    )
                else:
                    features = model.get_image_features(**processor(images=each, return_tensors="pt"))
            embedding += features.pooler_output.tolist()
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


def image_classification(checkpoint):
    """The reference for image-classification: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForImageClassification.from_pretrained(checkpoint).eval()

    def answer(image, top_k=5):
        inputs = processor(pictures(image), return_tensors="pt")
        with torch.inference_mode():
            probabilities = torch.softmax(model(**inputs).logits, dim=-1)
        labels = []
        for row in probabilities.tolist():
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:top_k]
            labels.append([{"label": model.config.id2label[index], "score": row[index]} for index in best])
        return {"labels": labels}

    return answer, model, processor


IMAGE_CLASSIFICATION_REQUESTS = {
    "items": [{"image": Image("stripes")}, {"image": Image("disc")}, {"image": Image("ramp", size=(72, 40))}],
    "parameters": {},
    "bad": {
        "missing": {"image": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
    },
}


class TestImagesForImageClassification:
    def test_takes_every_form_of_an_image(self, subject, same):
        answer = subject("image-classification").ask({"image": Image("disc")})
        for form in ("array", "png"):
            same(subject("image-classification").ask({"image": Image("disc", form=form)}), answer)

    def test_takes_every_colour_mode(self, subject, observe):
        for mode in ("L", "RGBA"):
            item = {"image": Image("ramp", mode=mode)}
            observe(
                f"image-classification/mode-{mode.lower()}", subject("image-classification").ask(item), item
            )


class TestImageClassification:
    def test_returns_as_many_labels_as_asked_for(self, subject, observe):
        item = {"image": Image("disc")}
        answer = subject("image-classification").ask(item, {"top_k": 1})
        observe("image-classification/top-k", answer, item, {"top_k": 1})
        assert len(answer["labels"][0]) == 1


REFERENCES = {
    "zero-shot-image-classification": zero_shot_image_classification,
    "feature-extraction": feature_extraction,
    "image-classification": image_classification,
}
REQUESTS = {
    "zero-shot-image-classification": ZERO_SHOT_IMAGE_CLASSIFICATION_REQUESTS,
    "feature-extraction": FEATURE_EXTRACTION_REQUESTS,
    "image-classification": IMAGE_CLASSIFICATION_REQUESTS,
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
