"""What Inkling2 must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/inkling2.yaml and specs/overlays/inkling2.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_inkling2.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "inkling2"


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
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModelForImageTextToText.from_pretrained(checkpoint).eval()

    def ask(text, image=None):
        """A prompt as the model takes it."""
        things = {}
        parts = [{"type": "text", "text": text}]
        own = ""
        if image is not None:
            things["images"] = [pictures(image)]
            parts = [{"type": "image"}] * len(things["images"][0]) + parts
            own = "<|unused_200054|>" * len(things["images"][0]) + own
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
    def test_takes_several_images_for_one_text(self, subject, observe, different):
        item = {"text": "Compare the two.", "image": [Image("stripes"), Image("disc")]}
        answer = subject("image-text-to-text").ask(item, {"max_new_tokens": 8})
        observe("image-text-to-text/two-images", answer, item, {"max_new_tokens": 8})
        swapped = {**item, "image": [Image("disc"), Image("stripes")]}
        different(answer, subject("image-text-to-text").ask(swapped, {"max_new_tokens": 8}))

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


def feature_extraction(checkpoint):
    """The reference for feature-extraction: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def ask(text, image=None):
        """A prompt as the model takes it."""
        things = {}
        parts = [{"type": "text", "text": text}]
        own = ""
        if image is not None:
            things["images"] = [pictures(image)]
            parts = [{"type": "image"}] * len(things["images"][0]) + parts
            own = "<|unused_200054|>" * len(things["images"][0]) + own
        prompt = own + text
        if processor.chat_template is not None:
            prompt = processor.apply_chat_template(
                [{"role": "user", "content": parts}], add_generation_prompt=True
            )
        inputs = processor(text=[prompt], **things, return_tensors="pt")
        return inputs.to(model.dtype)

    def answer(**request):
        embedding = []
        for prompt in prompts(**request):
            inputs = ask(**prompt)
            with torch.inference_mode():
                hidden = model(**inputs).last_hidden_state[0]
            embedding.append(hidden[: inputs["input_ids"].shape[1]].mean(dim=0).tolist())
        return {"embedding": embedding}

    return answer, model, processor


FEATURE_EXTRACTION_REQUESTS = {
    "items": [
        {"text": "What is in the picture?", "image": Image("stripes")},
        {"text": "Describe the colours of this old picture, please.", "image": Image("disc")},
    ],
    "parameters": {},
    "bad": {"number": {"image": 7}, "no-such-file": {"image": "no/such/picture.png"}},
}


class TestImageTextEmbedding:
    def test_refuses_a_missing_modality(self, subject, observe):
        for name, given in {"no-image": {"text": "What is it?"}, "no-text": {"image": Image("disc")}}.items():
            case = f"feature-extraction/{name}"
            observe.refusal(case, lambda given=given: subject("feature-extraction").ask(given))


REFERENCES = {
    "image-text-to-text": image_text_to_text,
    "feature-extraction": feature_extraction,
}
REQUESTS = {
    "image-text-to-text": IMAGE_TEXT_TO_TEXT_REQUESTS,
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
