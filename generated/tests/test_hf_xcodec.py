"""What X-Codec must answer about recordings: asked of the model itself, then of the skillset.

Generated from specs/models/xcodec.yaml
by templates/tests/audio.py.j2.
Run it with `pytest generated/tests/test_hf_xcodec.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import soundfile
import torch
import transformers
from scipy.signal import resample_poly

from skillset_runtime.samples import Audio

MODEL_TYPE = "xcodec"


def sounds(audio, rate):
    """An (array, rate) pair, the bytes of a file or a list of them, as mono arrays at another rate."""
    if isinstance(audio, list):
        return [sounds(each, rate)[0] for each in audio]
    samples, own_rate = soundfile.read(BytesIO(audio), dtype="float32") if isinstance(audio, bytes) else audio
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    return [mono if own_rate == rate else resample_poly(mono, rate, own_rate)]


def audio_tokenization(checkpoint):
    """The reference for audio-tokenization: the model called straight through transformers."""
    processor = transformers.AutoFeatureExtractor.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(audio):
        rate = processor.sampling_rate
        own_rate = getattr(model.config, "output_sampling_rate", rate)
        codes, heard = [], []
        for sound in sounds(audio, rate):
            inputs = processor(sound, sampling_rate=rate, return_tensors="pt")
            with torch.inference_mode():
                outputs = model(inputs["input_values"])
            codes.append(outputs.audio_codes.tolist()[0])
            heard.append({"array": outputs.audio_values.flatten().tolist(), "sampling_rate": own_rate})
        return {"codes": codes, "audio": heard}

    return answer, model, processor


AUDIO_TOKENIZATION_REQUESTS = {
    "items": [{"audio": Audio("chirp")}, {"audio": Audio("pulses", seconds=0.8)}, {"audio": Audio("tone")}],
    "parameters": {},
    "bad": {
        "missing": {"audio": None},
        "number": {"audio": 7},
        "no-rate": {"audio": Audio("tone").make()[0]},
    },
}


class TestRecordingsForAudioTokenization:
    def test_takes_other_sample_rates(self, subject, observe):
        parameters = AUDIO_TOKENIZATION_REQUESTS["parameters"]
        for rate in (8_000, 44_100):
            item = {"audio": Audio("chirp", rate=rate)}
            answer = subject("audio-tokenization").ask(item, parameters)
            observe(f"audio-tokenization/rate-{rate}", answer, item, parameters)

    def test_averages_channels(self, subject, same):
        parameters = AUDIO_TOKENIZATION_REQUESTS["parameters"]
        mono, stereo = ({"audio": Audio("chirp", channels=channels)} for channels in (1, 2))
        same(
            subject("audio-tokenization").ask(stereo, parameters),
            subject("audio-tokenization").ask(mono, parameters),
        )

    def test_takes_the_bytes_of_a_file(self, subject, observe):
        item, parameters = {"audio": Audio("chirp", form="wav")}, AUDIO_TOKENIZATION_REQUESTS["parameters"]
        observe(
            "audio-tokenization/file", subject("audio-tokenization").ask(item, parameters), item, parameters
        )


class TestCodec:
    def test_decodes_at_its_own_rate(self, subject):
        (audio,) = subject("audio-tokenization").ask({"audio": Audio("chirp")})["audio"]
        assert len(audio["array"]) / audio["sampling_rate"] == pytest.approx(0.5, abs=0.2)


REFERENCES = {
    "audio-tokenization": audio_tokenization,
}
REQUESTS = {
    "audio-tokenization": AUDIO_TOKENIZATION_REQUESTS,
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
