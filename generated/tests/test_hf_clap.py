"""What CLAP must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/clap.yaml and specs/overlays/clap.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_clap.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import soundfile
import torch
import transformers
from scipy.signal import resample_poly

from skillset_runtime.samples import Audio

MODEL_TYPE = "clap"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def texts(value):
    """A text, or a list of them, as a list; some tokenizers would take other things for texts."""
    given = several(value)
    if not given or not all(isinstance(each, str) for each in given):
        raise TypeError(f"{value!r} is not a text or a list of texts")
    return given


def sounds(audio, rate):
    """An (array, rate) pair, the bytes of a file or a list of them, as mono arrays at another rate."""
    if isinstance(audio, list):
        return [sounds(each, rate)[0] for each in audio]
    samples, own_rate = soundfile.read(BytesIO(audio), dtype="float32") if isinstance(audio, bytes) else audio
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    return [mono if own_rate == rate else resample_poly(mono, rate, own_rate)]


def zero_shot_audio_classification(checkpoint):
    """The reference for zero-shot-audio-classification: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(audio, candidate_labels, hypothesis_template="This is a sound of {}."):
        texts = [hypothesis_template.replace("{}", label) for label in candidate_labels]
        rate = processor.feature_extractor.sampling_rate
        labels = []
        for sound in sounds(several(audio), rate):
            inputs = processor(text=texts, audio=sound, sampling_rate=rate, padding=True, return_tensors="pt")
            with torch.inference_mode():
                row = torch.softmax(model(**inputs).logits_per_audio[0], dim=-1).tolist()
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)
            labels.append([{"label": candidate_labels[index], "score": row[index]} for index in best])
        return {"labels": labels}

    return answer, model, processor


ZERO_SHOT_AUDIO_CLASSIFICATION_REQUESTS = {
    "items": [{"audio": Audio("chirp")}, {"audio": Audio("pulses", seconds=0.8)}, {"audio": Audio("tone")}],
    "parameters": {"candidate_labels": ["the sound of the bell", "a storm", "the cat sat on the mat"]},
    "bad": {
        "missing": {"audio": None},
        "number": {"audio": 7},
        "no-rate": {"audio": Audio("tone").make()[0]},
    },
}


class TestZeroShotAudioClassification:
    item = {"audio": Audio("tone")}

    def test_the_texts_reach_the_model(self, subject, observe, different):
        parameters = {"candidate_labels": ["a red disc", "a river"]}
        other = {"candidate_labels": ["a red disc", "the old bridge"]}
        answer = subject("zero-shot-audio-classification").ask(self.item, parameters)
        observe("zero-shot-audio-classification/two-labels", answer, self.item, parameters)
        scores = [
            sorted(label["score"] for label in labels["labels"][0])
            for labels in (answer, subject("zero-shot-audio-classification").ask(self.item, other))
        ]
        different(*scores)

    def test_the_template_reaches_the_model(self, subject, observe, different):
        labels = {"candidate_labels": ["a disc", "a river"]}
        bare = {**labels, "hypothesis_template": "{}"}
        answer = subject("zero-shot-audio-classification").ask(self.item, bare)
        observe("zero-shot-audio-classification/bare-labels", answer, self.item, bare)
        different(answer, subject("zero-shot-audio-classification").ask(self.item, labels))

    def test_refuses_a_request_without_texts(self, subject, observe):
        observe.refusal(
            "zero-shot-audio-classification/no-labels",
            lambda: subject("zero-shot-audio-classification").ask(self.item),
        )


def feature_extraction(checkpoint):
    """The reference for feature-extraction: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(text=None, audio=None):
        embedding = []
        rate = processor.feature_extractor.sampling_rate
        for each in texts(text) if audio is None else sounds(several(audio), rate):
            with torch.inference_mode():
                if audio is None:
                    features = model.get_text_features(**processor(text=each, return_tensors="pt"))
                else:
                    inputs = processor(audio=each, sampling_rate=rate, return_tensors="pt")
                    features = model.get_audio_features(**inputs)
            embedding.append(features.pooler_output[0].tolist())
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


class TestTextAudioEmbedding:
    recordings = [{"audio": Audio("chirp")}, {"audio": Audio("pulses")}, {"audio": Audio("tone")}]

    def test_embeds_recordings(self, subject, observe, different):
        answer = subject("feature-extraction").ask_batch(self.recordings)
        observe("feature-extraction/recordings", answer, self.recordings)
        first, second, _ = answer["embedding"]
        different(first, second)

    def test_places_both_in_one_space(self, subject):
        text = subject("feature-extraction").ask({"text": "a cat"})["embedding"]
        sound = subject("feature-extraction").ask(self.recordings[0])["embedding"]
        assert torch.tensor(text).shape == torch.tensor(sound).shape

    def test_refuses_neither(self, subject, observe):
        observe.refusal("feature-extraction/nothing", lambda: subject("feature-extraction").ask({}))


REFERENCES = {
    "zero-shot-audio-classification": zero_shot_audio_classification,
    "feature-extraction": feature_extraction,
}
REQUESTS = {
    "zero-shot-audio-classification": ZERO_SHOT_AUDIO_CLASSIFICATION_REQUESTS,
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
