"""What PatchTSMixer must answer about series of measurements: asked of the model itself, then of the skillset.

Generated from specs/models/patchtsmixer.yaml
by templates/tests/time_series.py.j2.
Run it with `pytest generated/tests/test_hf_patchtsmixer.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

from skillset_runtime.samples import Series

MODEL_TYPE = "patchtsmixer"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def past(series):
    """A series of shape (time, channels), or a list of them, as a batch."""
    return torch.stack([torch.from_numpy(each) for each in several(series)])


def time_series_forecasting(checkpoint):
    """The reference for time-series-forecasting: the model called straight through transformers."""
    model = transformers.PatchTSMixerForPrediction.from_pretrained(checkpoint).eval()

    def answer(series):
        past_values = past(series)[:, -model.config.context_length :]
        with torch.inference_mode():
            outputs = model(past_values=past_values)
        return {"forecast": outputs.prediction_outputs.tolist()}

    return answer, model, None


TIME_SERIES_FORECASTING_REQUESTS = {
    "items": [
        {"series": Series("seasonal", 64)},
        {"series": Series("trend", 64)},
        {"series": Series("steps", 64)},
    ],
    "parameters": {},
    "bad": {
        "missing": {"series": None},
        "text": {"series": "seasonal"},
        "too-short": {"series": Series("trend", 2)},
    },
}


class TestForecasting:
    def test_looks_ahead_as_far_as_the_model_was_made_to(self, subject):
        forecast = torch.tensor(
            subject("time-series-forecasting").ask(TIME_SERIES_FORECASTING_REQUESTS["items"][0])["forecast"]
        )
        config = subject("time-series-forecasting").model.config
        assert forecast.shape == (1, config.prediction_length, config.num_input_channels)


def time_series_classification(checkpoint):
    """The reference for time-series-classification: the model called straight through transformers."""
    model = transformers.PatchTSMixerForTimeSeriesClassification.from_pretrained(checkpoint).eval()

    def answer(series):
        past_values = past(series)[:, -model.config.context_length :]
        with torch.inference_mode():
            outputs = model(past_values=past_values)
        labels = []
        for row in torch.softmax(outputs.prediction_outputs, dim=-1).tolist():
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)
            labels.append([{"label": model.config.id2label[index], "score": row[index]} for index in best])
        return {"labels": labels}

    return answer, model, None


TIME_SERIES_CLASSIFICATION_REQUESTS = {
    "items": [
        {"series": Series("seasonal", 64)},
        {"series": Series("trend", 64)},
        {"series": Series("steps", 64)},
    ],
    "parameters": {},
    "bad": {
        "missing": {"series": None},
        "text": {"series": "seasonal"},
        "too-short": {"series": Series("trend", 2)},
    },
}


def time_series_regression(checkpoint):
    """The reference for time-series-regression: the model called straight through transformers."""
    model = transformers.PatchTSMixerForRegression.from_pretrained(checkpoint).eval()

    def answer(series):
        past_values = past(series)[:, -model.config.context_length :]
        with torch.inference_mode():
            outputs = model(past_values=past_values)
        return {"values": outputs.regression_outputs.tolist()}

    return answer, model, None


TIME_SERIES_REGRESSION_REQUESTS = {
    "items": [
        {"series": Series("seasonal", 64)},
        {"series": Series("trend", 64)},
        {"series": Series("steps", 64)},
    ],
    "parameters": {},
    "bad": {
        "missing": {"series": None},
        "text": {"series": "seasonal"},
        "too-short": {"series": Series("trend", 2)},
    },
}


REFERENCES = {
    "time-series-forecasting": time_series_forecasting,
    "time-series-classification": time_series_classification,
    "time-series-regression": time_series_regression,
}
REQUESTS = {
    "time-series-forecasting": TIME_SERIES_FORECASTING_REQUESTS,
    "time-series-classification": TIME_SERIES_CLASSIFICATION_REQUESTS,
    "time-series-regression": TIME_SERIES_REGRESSION_REQUESTS,
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
