"""What PE Audio Video (Perception Encoder Audio-Video) must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/pe_audio_video.yaml and specs/overlays/pe_audio_video.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_pe_audio_video.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import soundfile
import torch
import transformers
from PIL import Image as Picture
from PIL import ImageSequence
from scipy.signal import resample_poly

from skillset_runtime.samples import Audio, Video

MODEL_TYPE = "pe_audio_video"


def pictures(image):
    """A PIL image, an array, file bytes or a list of them, as RGB pictures."""
    if isinstance(image, list):
        return [pictures(each)[0] for each in image]
    if isinstance(image, bytes):
        image = Picture.open(BytesIO(image))
    elif not isinstance(image, Picture.Image):
        image = Picture.fromarray(image)
    return [image.convert("RGB")]


def films(video):
    """A video, or a list of videos, as lists of all their frames."""
    if isinstance(video, list) and not isinstance(video[0], Picture.Image):
        return [films(each)[0] for each in video]
    if isinstance(video, bytes):
        video = [frame.copy() for frame in ImageSequence.Iterator(Picture.open(BytesIO(video)))]
    return [[pictures(frame)[0] for frame in video]]


def sounds(audio, rate):
    """An (array, rate) pair, the bytes of a file or a list of them, as mono arrays at another rate."""
    if isinstance(audio, list):
        return [sounds(each, rate)[0] for each in audio]
    samples, own_rate = soundfile.read(BytesIO(audio), dtype="float32") if isinstance(audio, bytes) else audio
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    return [mono if own_rate == rate else resample_poly(mono, rate, own_rate)]


def feature_extraction(checkpoint):
    """The reference for feature-extraction: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(video, audio):
        rate = processor.feature_extractor.sampling_rate
        embedding = []
        for frames, sound in zip(films(video), sounds(audio, rate), strict=True):
            inputs = processor(videos=[frames], audio=[sound], sampling_rate=rate, return_tensors="pt")
            with torch.inference_mode():
                embedding += model.get_audio_video_embeds(**inputs).audio_video_embeds.tolist()
        return {"embedding": embedding}

    return answer, model, processor


FEATURE_EXTRACTION_REQUESTS = {
    "items": [
        {"video": Video("slide"), "audio": Audio("chirp")},
        {"video": Video("fade"), "audio": Audio("pulses", seconds=0.8)},
    ],
    "parameters": {},
    "bad": {"silent": {"audio": None}, "number": {"audio": 7}, "text": {"video": "a film"}},
}


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
