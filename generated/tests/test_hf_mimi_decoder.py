"""What Mimi must answer about recordings: asked of the model itself, then of the skillset.

Generated from specs/models/mimi_decoder.yaml and specs/overlays/mimi_decoder.yaml
by templates/tests/audio.py.j2.
Run it with `pytest generated/tests/test_hf_mimi_decoder.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

from skillset_runtime.samples import Series

MODEL_TYPE = "mimi_decoder"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def audio_decoding(checkpoint):
    """The reference for audio-decoding: the model called straight through transformers."""
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(series):
        audio = []
        for latents in several(series):
            with torch.inference_mode():
                sound = model(torch.tensor(latents).transpose(0, 1)[None]).audio_values
            audio.append({"array": sound.flatten().tolist(), "sampling_rate": model.config.sampling_rate})
        return {"audio": audio}

    return answer, model, None


AUDIO_DECODING_REQUESTS = {
    "items": [
        {"series": Series("seasonal", 6, channels=32)},
        {"series": Series("trend", 9, channels=32)},
        {"series": Series("steps", 6, channels=32)},
    ],
    "parameters": {},
    "bad": {
        "missing": {"series": None},
        "text": {"series": "seasonal"},
        "narrow": {"series": Series("trend", 6)},
    },
}


class TestDecoding:
    def test_more_frames_last_longer(self, subject):
        lengths = [
            len(
                subject("audio-decoding").ask({"series": Series("seasonal", frames, channels=32)})["audio"][
                    0
                ]["array"]
            )
            for frames in (4, 8)
        ]
        assert lengths[1] == pytest.approx(2 * lengths[0], rel=0.1)


REFERENCES = {
    "audio-decoding": audio_decoding,
}
REQUESTS = {
    "audio-decoding": AUDIO_DECODING_REQUESTS,
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
