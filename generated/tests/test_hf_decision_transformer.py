"""What Decision Transformer must answer about series of measurements: asked of the model itself, then of the skillset.

Generated from specs/models/decision_transformer.yaml and specs/overlays/decision_transformer.yaml
by templates/tests/time_series.py.j2.
Run it with `pytest generated/tests/test_hf_decision_transformer.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

from skillset_runtime.samples import Series

MODEL_TYPE = "decision_transformer"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def past(series):
    """A series of shape (time, channels), or a list of them, as a batch."""
    return torch.stack([torch.from_numpy(each) for each in several(series)])


def action_prediction(checkpoint):
    """The reference for action-prediction: the model called straight through transformers."""
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(states, actions, returns_to_go):
        chosen = []
        for seen, done, wanted in zip(past(states), past(actions), past(returns_to_go), strict=True):
            steps = torch.arange(len(seen)).reshape(1, -1)
            with torch.inference_mode():
                outputs = model(
                    states=seen[None], actions=done[None], returns_to_go=wanted[None], timesteps=steps
                )
            chosen.append(outputs.action_preds[0][-1].tolist())
        return {"action": chosen}

    return answer, model, None


ACTION_PREDICTION_REQUESTS = {
    "items": [  # as many numbers as the tiny checkpoint's config says, which are those of its class
        {
            "states": Series("seasonal", 6, 17),
            "actions": Series("trend", 6, 4),
            "returns_to_go": Series("steps", 6),
        },
        {
            "states": Series("steps", 6, 17),
            "actions": Series("seasonal", 6, 4),
            "returns_to_go": Series("trend", 6),
        },
    ],
    "parameters": {},
    "bad": {
        "missing": {"states": None},
        "text": {"states": "seasonal"},
        "too-wide": {"actions": Series("trend", 6, 9)},
    },
}


class TestActionPrediction:
    def test_does_not_read_the_action_that_is_asked_for(self, subject, same):
        item = ACTION_PREDICTION_REQUESTS["items"][0]
        done = item["actions"].make()
        done[-1] = 0
        same(
            subject("action-prediction").ask({**item, "actions": done}),
            subject("action-prediction").ask(item),
        )


REFERENCES = {
    "action-prediction": action_prediction,
}
REQUESTS = {
    "action-prediction": ACTION_PREDICTION_REQUESTS,
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
