"""What FastSpeech2Conformer must answer about recordings: asked of the model itself, then of the skillset.

Generated from specs/models/fastspeech2_conformer.yaml and specs/overlays/fastspeech2_conformer.yaml
by templates/tests/audio.py.j2.
Run it with `pytest generated/tests/test_hf_fastspeech2_conformer.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

MODEL_TYPE = "fastspeech2_conformer"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def text_to_spectrogram(checkpoint):
    """The reference for text-to-spectrogram: the model called straight through transformers."""
    processor = transformers.AutoTokenizer.from_pretrained(checkpoint)
    model = transformers.AutoModelForTextToSpectrogram.from_pretrained(checkpoint).eval()

    def answer(text):
        spectrogram = []
        for words in several(text):
            with torch.inference_mode():
                outputs = model(**processor(words, return_tensors="pt"))
            spectrogram.append(outputs.spectrogram[0].tolist())
        return {"spectrogram": spectrogram}

    return answer, model, processor


TEXT_TO_SPECTROGRAM_REQUESTS = {
    "items": [
        {"text": "The cat sat on the mat."},
        {"text": "A boat went down the river to the sea."},
        {"text": "Rain."},
    ],
    "parameters": {},
    "bad": {"missing": {"text": None}, "number": {"text": 7}},
}


REFERENCES = {
    "text-to-spectrogram": text_to_spectrogram,
}
REQUESTS = {
    "text-to-spectrogram": TEXT_TO_SPECTROGRAM_REQUESTS,
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
