"""What Autoformer must answer about series of measurements: asked of the model itself, then of the skillset.

Generated from specs/models/autoformer.yaml and specs/overlays/autoformer.yaml
by templates/tests/time_series.py.j2.
Run it with `pytest generated/tests/test_hf_autoformer.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

from skillset_runtime.samples import Calendar, Series

MODEL_TYPE = "autoformer"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def time_series_forecasting(checkpoint):
    """The reference for time-series-forecasting: the model called straight through transformers."""
    model = transformers.AutoformerForPrediction.from_pretrained(checkpoint).eval()

    def answer(series, time_features, categories, seed=None):
        config, forecast = model.config, []
        length = config.context_length + max(config.lags_sequence)
        one = not isinstance(series, list)
        for values, known, groups in zip(
            several(series), several(time_features), [categories] if one else categories, strict=True
        ):
            known = torch.from_numpy(known[None, -length - config.prediction_length :])
            values = torch.from_numpy(values[None, -length:, 0])
            torch.manual_seed(seed)
            outputs = model.generate(
                past_values=values,
                past_time_features=known[:, :length],
                past_observed_mask=torch.ones(values.shape),
                future_time_features=known[:, length:],
                static_categorical_features=torch.tensor([groups]) if groups else None,
            )
            forecast.append([[value] for value in torch.mean(outputs.sequences[0], dim=0).tolist()])
        return {"forecast": forecast}

    return answer, model, None


TIME_SERIES_FORECASTING_REQUESTS = {
    "items": [
        {"series": Series("seasonal", 64), "time_features": Calendar("year", 72), "categories": [0]},
        {"series": Series("trend", 64), "time_features": Calendar("week", 72), "categories": [1]},
        {"series": Series("steps", 64), "time_features": Calendar("year", 80), "categories": [2]},
    ],
    "parameters": {"seed": 7},
    "bad": {
        "missing": {"series": None},
        "text": {"series": "seasonal"},
        "too-short": {"series": Series("trend", 2)},
        "unknown-future": {"time_features": Calendar("year", 10)},
        "no-category": {"categories": []},
    },
}


class TestForecasting:
    def test_looks_ahead_as_far_as_the_model_was_made_to(self, subject):
        request = TIME_SERIES_FORECASTING_REQUESTS
        forecast = torch.tensor(
            subject("time-series-forecasting").ask(request["items"][0], request["parameters"])["forecast"]
        )
        assert forecast.shape == (1, subject("time-series-forecasting").model.config.prediction_length, 1)


REFERENCES = {
    "time-series-forecasting": time_series_forecasting,
}
REQUESTS = {
    "time-series-forecasting": TIME_SERIES_FORECASTING_REQUESTS,
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
