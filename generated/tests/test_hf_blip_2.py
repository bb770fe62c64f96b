"""What BLIP-2 must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/blip-2.yaml and specs/overlays/blip-2.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_blip_2.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "blip-2"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def texts(value):
    """A text, or a list of them, as a list; some tokenizers would take other things for texts."""
    given = several(value)
    if not given or not all(isinstance(each, str) for each in given):
        raise TypeError(f"{value!r} is not a text or a list of texts")
    return given


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


def image_text_to_text(checkpoint):
    """The reference for image-text-to-text: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForImageTextToText.from_pretrained(checkpoint).eval()

    def ask(text, image=None):
        """A prompt as the model takes it."""
        things = {}
        parts = [{"type": "text", "text": text}]
        own = ""
        if image is not None:
            [picture] = pictures(image)
            things["images"] = [picture]
            parts = [{"type": "image"}, *parts]
            own = "" + own
        prompt = own + text
        if processor.chat_template is not None:
            prompt = processor.apply_chat_template(
                [{"role": "user", "content": parts}], add_generation_prompt=True
            )
        inputs = processor(text=[prompt], **things, return_tensors="pt")
        return inputs.to(model.dtype)

    def answer(max_new_tokens=20, temperature=None, top_p=None, seed=None, **request):
        sampling = {"do_sample": False}
        if temperature is not None:
            sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": top_p or 1.0}
        if seed is not None:
            torch.manual_seed(seed)
        written = []
        for prompt in prompts(**request):
            inputs = ask(**prompt)
            tokens = model.generate(**inputs, max_new_tokens=max_new_tokens, **sampling)[0].tolist()
            before = inputs["input_ids"][0].tolist()
            tokens = tokens[len(before) :] if tokens[: len(before)] == before else tokens
            written.append(processor.decode(tokens, skip_special_tokens=True))
        return {"text": written}

    return answer, model, processor


IMAGE_TEXT_TO_TEXT_REQUESTS = {
    "items": [
        {"text": "What is in the picture?", "image": Image("stripes")},
        {"text": "Describe the colours of this old picture, please.", "image": Image("disc")},
    ],
    "parameters": {"max_new_tokens": 8},
    "bad": {"number": {"image": 7}, "no-such-file": {"image": "no/such/picture.png"}},
}


class TestImageTextToText:
    def test_refuses_several_images_for_one_text(self, subject, observe):
        item = {"text": "Compare the two.", "image": [Image("stripes"), Image("disc")]}
        observe.refusal("image-text-to-text/two-images", lambda: subject("image-text-to-text").ask(item))

    def test_refuses_a_missing_modality(self, subject, observe):
        for name, given in {"no-image": {"text": "What is it?"}, "no-text": {"image": Image("disc")}}.items():
            case = f"image-text-to-text/{name}"
            observe.refusal(case, lambda given=given: subject("image-text-to-text").ask(given))

    def test_draws_at_a_temperature_repeatably(self, subject, observe, same):
        item = IMAGE_TEXT_TO_TEXT_REQUESTS["items"][0]
        parameters = {"max_new_tokens": 8, "temperature": 1.5, "seed": 7}
        answer = subject("image-text-to-text").ask(item, parameters)
        observe("image-text-to-text/temperature", answer, item, parameters)
        same(subject("image-text-to-text").ask(item, parameters), answer)


def visual_question_answering(checkpoint):
    """The reference for visual-question-answering: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForVisualQuestionAnswering.from_pretrained(checkpoint).eval()

    def answer(question, image, top_k=5):
        answers = []
        for asked, picture in zip(texts(question), pictures(image), strict=True):
            tokens = model.generate(**processor(picture, asked, return_tensors="pt"))
            answers.append([{"answer": processor.decode(tokens[0], skip_special_tokens=True)}])
        return {"answers": answers}

    return answer, model, processor


VISUAL_QUESTION_ANSWERING_REQUESTS = {
    "items": [
        {"question": "What is in the picture?", "image": Image("stripes")},
        {"question": "Which colours does this old picture of a village have?", "image": Image("disc")},
    ],
    "parameters": {},
    "bad": {
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
        "missing": {"question": None},
    },
}


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


REFERENCES = {
    "image-text-to-text": image_text_to_text,
    "visual-question-answering": visual_question_answering,
    "zero-shot-image-classification": zero_shot_image_classification,
}
REQUESTS = {
    "image-text-to-text": IMAGE_TEXT_TO_TEXT_REQUESTS,
    "visual-question-answering": VISUAL_QUESTION_ANSWERING_REQUESTS,
    "zero-shot-image-classification": ZERO_SHOT_IMAGE_CLASSIFICATION_REQUESTS,
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
