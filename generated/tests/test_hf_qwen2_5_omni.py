"""What Qwen2.5-Omni must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/qwen2_5_omni.yaml and specs/overlays/qwen2_5_omni.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_qwen2_5_omni.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import soundfile
import torch
import transformers
from PIL import Image as Picture
from scipy.signal import resample_poly

from skillset_runtime.samples import Audio, Image

MODEL_TYPE = "qwen2_5_omni"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


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


def hearing(processor):
    """The part of a processor that recordings go through, under either of the names that it has."""
    return getattr(processor, "feature_extractor", None) or processor.audio_processor


def sounds(audio, rate):
    """An (array, rate) pair, the bytes of a file or a list of them, as mono arrays at another rate."""
    if isinstance(audio, list):
        return [sounds(each, rate)[0] for each in audio]
    samples, own_rate = soundfile.read(BytesIO(audio), dtype="float32") if isinstance(audio, bytes) else audio
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    return [mono if own_rate == rate else resample_poly(mono, rate, own_rate)]


def any_to_any(checkpoint):
    """The reference for any-to-any: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModelForMultimodalLM.from_pretrained(checkpoint).eval()

    def ask(text, image=None, audio=None):
        """A prompt as the model takes it."""
        things = {}
        parts = [{"type": "text", "text": text}]
        own = ""
        if audio is not None:
            rate = hearing(processor).sampling_rate
            things |= {"audio": sounds(several(audio), rate), "sampling_rate": rate}
            parts = [{"type": "audio"}] * len(things["audio"]) + parts
            own = "" * len(things["audio"])
        if image is not None:
            things["images"] = [pictures(image)]
            parts = [{"type": "image"}] * len(things["images"][0]) + parts
            own = "" * len(things["images"][0]) + own
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
            tokens = model.thinker.generate(**inputs, max_new_tokens=max_new_tokens, **sampling)[0].tolist()
            before = inputs["input_ids"][0].tolist()
            tokens = tokens[len(before) :] if tokens[: len(before)] == before else tokens
            written.append(processor.decode(tokens, skip_special_tokens=True))
        return {"text": written}

    return answer, model, processor


ANY_TO_ANY_REQUESTS = {
    "items": [
        {"text": "What is to be seen and heard?", "image": Image("stripes"), "audio": Audio("chirp")},
        {"text": "Do the colours fit the sound, please?", "image": Image("disc"), "audio": Audio("pulses")},
    ],
    "parameters": {"max_new_tokens": 8},
    "bad": {"number": {"audio": 7}, "no-such-file": {"image": "no/such/picture.png"}},
}


class TestAnyToText:
    def test_takes_either_alone(self, subject, observe):
        item = ANY_TO_ANY_REQUESTS["items"][0]
        for name in ("image", "audio"):
            alone = {"text": item["text"], name: item[name]}
            answer = subject("any-to-any").ask(alone, {"max_new_tokens": 8})
            observe(f"any-to-any/{name}-alone", answer, alone, {"max_new_tokens": 8})

    def test_refuses_a_text_alone(self, subject, observe):
        observe.refusal("any-to-any/text-alone", lambda: subject("any-to-any").ask({"text": "What is it?"}))


REFERENCES = {
    "any-to-any": any_to_any,
}
REQUESTS = {
    "any-to-any": ANY_TO_ANY_REQUESTS,
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
