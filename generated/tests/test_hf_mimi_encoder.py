"""What Mimi must answer about texts: asked of the model itself, then of the skillset.

Generated from specs/models/mimi_encoder.yaml and specs/overlays/mimi_encoder.yaml
by templates/tests/text_embedding.py.j2.
Run it with `pytest generated/tests/test_hf_mimi_encoder.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import soundfile
import torch
import transformers
from scipy.signal import resample_poly

from skillset_runtime.samples import Audio

MODEL_TYPE = "mimi_encoder"


def sounds(audio, rate):
    """An (array, rate) pair, the bytes of a file or a list of them, as mono arrays at another rate."""
    if isinstance(audio, list):
        return [sounds(each, rate)[0] for each in audio]
    samples, own_rate = soundfile.read(BytesIO(audio), dtype="float32") if isinstance(audio, bytes) else audio
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    return [mono if own_rate == rate else resample_poly(mono, rate, own_rate)]


def feature_extraction(checkpoint):
    """The reference for feature-extraction: the model called straight through transformers."""
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(audio):
        embedding = []
        for sound in sounds(audio, model.config.sampling_rate):
            with torch.inference_mode():
                (latents,) = model(torch.tensor(sound).reshape(1, 1, -1)).latents
            embedding.append([sum(row) / len(row) for row in latents.tolist()])
        return {"embedding": embedding}

    return answer, model, None


FEATURE_EXTRACTION_REQUESTS = {
    "items": [{"audio": Audio("chirp")}, {"audio": Audio("pulses", seconds=0.8)}, {"audio": Audio("tone")}],
    "parameters": {},
    "bad": {
        "missing": {"audio": None},
        "number": {"audio": 7},
        "no-rate": {"audio": Audio("tone").make()[0]},
    },
}


class TestRecordingsForFeatureExtraction:
    def test_takes_other_sample_rates(self, subject, observe):
        parameters = FEATURE_EXTRACTION_REQUESTS["parameters"]
        for rate in (8_000, 44_100):
            item = {"audio": Audio("chirp", rate=rate)}
            answer = subject("feature-extraction").ask(item, parameters)
            observe(f"feature-extraction/rate-{rate}", answer, item, parameters)

    def test_averages_channels(self, subject, same):
        parameters = FEATURE_EXTRACTION_REQUESTS["parameters"]
        mono, stereo = ({"audio": Audio("chirp", channels=channels)} for channels in (1, 2))
        same(
            subject("feature-extraction").ask(stereo, parameters),
            subject("feature-extraction").ask(mono, parameters),
        )

    def test_takes_the_bytes_of_a_file(self, subject, observe):
        item, parameters = {"audio": Audio("chirp", form="wav")}, FEATURE_EXTRACTION_REQUESTS["parameters"]
        observe(
            "feature-extraction/file", subject("feature-extraction").ask(item, parameters), item, parameters
        )


REFERENCES = {
    "feature-extraction": feature_extraction,
}
REQUESTS = {
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
