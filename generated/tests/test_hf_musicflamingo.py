"""What MusicFlamingo must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/musicflamingo.yaml and specs/overlays/musicflamingo.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_musicflamingo.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import soundfile
import torch
import transformers
from scipy.signal import resample_poly

from skillset_runtime.samples import Audio

MODEL_TYPE = "musicflamingo"


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


def audio_text_to_text(checkpoint):
    """The reference for audio-text-to-text: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(checkpoint).eval()

    def ask(text, audio=None):
        """A prompt as the model takes it."""
        things = {}
        parts = [{"type": "text", "text": text}]
        own = ""
        if audio is not None:
            rate = hearing(processor).sampling_rate
            things |= {"audio": sounds(several(audio), rate), "sampling_rate": rate}
            parts = [{"type": "audio"}] * len(things["audio"]) + parts
            own = "<sound>" * len(things["audio"])
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


AUDIO_TEXT_TO_TEXT_REQUESTS = {
    "items": [
        {"text": "What is to be heard?", "audio": Audio("chirp")},
        {"text": "Describe the sound of this old recording, please.", "audio": Audio("pulses")},
    ],
    "parameters": {"max_new_tokens": 8},
    "bad": {"number": {"audio": 7}, "no-rate": {"audio": Audio("tone").make()[0]}},
}


class TestAudioTextToText:
    def test_refuses_a_missing_modality(self, subject, observe):
        for name, given in {"no-audio": {"text": "What is it?"}, "no-text": {"audio": Audio("tone")}}.items():
            case = f"audio-text-to-text/{name}"
            observe.refusal(case, lambda given=given: subject("audio-text-to-text").ask(given))

    def test_draws_at_a_temperature_repeatably(self, subject, observe, same):
        item = AUDIO_TEXT_TO_TEXT_REQUESTS["items"][0]
        parameters = {"max_new_tokens": 8, "temperature": 1.5, "seed": 7}
        answer = subject("audio-text-to-text").ask(item, parameters)
        observe("audio-text-to-text/temperature", answer, item, parameters)
        same(subject("audio-text-to-text").ask(item, parameters), answer)


REFERENCES = {
    "audio-text-to-text": audio_text_to_text,
}
REQUESTS = {
    "audio-text-to-text": AUDIO_TEXT_TO_TEXT_REQUESTS,
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
