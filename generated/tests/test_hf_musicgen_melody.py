"""What MusicGen Melody must answer about recordings: asked of the model itself, then of the skillset.

Generated from specs/models/musicgen_melody.yaml and specs/overlays/musicgen_melody.yaml
by templates/tests/audio.py.j2.
Run it with `pytest generated/tests/test_hf_musicgen_melody.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

MODEL_TYPE = "musicgen_melody"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def texts(value):
    """A text, or a list of them, as a list; some tokenizers would take other things for texts."""
    given = several(value)
    if not given or not all(isinstance(each, str) for each in given):
        raise TypeError(f"{value!r} is not a text or a list of texts")
    return given


def text_to_audio(checkpoint):
    """The reference for text-to-audio: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModelForTextToWaveform.from_pretrained(checkpoint).eval()

    def answer(text, max_new_tokens=256, seed=None):
        heard = []
        for words in texts(text):
            inputs = processor(text=[words], return_tensors="pt")
            torch.manual_seed(seed)
            with torch.inference_mode():
                sound = model.generate(**inputs, do_sample=True, max_new_tokens=max_new_tokens)[0]
            heard.append(
                {
                    "array": sound.reshape(-1).tolist(),
                    "sampling_rate": model.config.audio_encoder.sampling_rate,
                }
            )
        return {"audio": heard}

    return answer, model, processor


TEXT_TO_AUDIO_REQUESTS = {
    "items": [
        {"text": "The cat sat on the mat."},
        {"text": "A boat went down the river to the sea."},
        {"text": "Rain."},
    ],
    "parameters": {"max_new_tokens": 12, "seed": 5},
    "bad": {"missing": {"text": None}, "number": {"text": 7}},
}


class TestSound:
    def test_makes_sound(self, subject):
        request = TEXT_TO_AUDIO_REQUESTS
        (audio,) = subject("text-to-audio").ask(request["items"][0], request["parameters"])["audio"]
        assert len(audio["array"]) > 1
        assert torch.tensor(audio["array"]).isfinite().all()


REFERENCES = {
    "text-to-audio": text_to_audio,
}
REQUESTS = {
    "text-to-audio": TEXT_TO_AUDIO_REQUESTS,
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
