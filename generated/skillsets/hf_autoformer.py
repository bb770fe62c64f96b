"""Autoformer: load a `autoformer` checkpoint and answer requests about series of measurements.

Generated from specs/models/autoformer.yaml and specs/overlays/autoformer.yaml
by templates/skillsets/time_series.py.j2.
Change those and run `doit generate:autoformer`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset, samples
from skillset_runtime.inputs import read_dated_series

MODEL_ID = "huggingface/autoformer-tourism-monthly"
ARCHITECTURE = "autoformer"
TASK_TYPE = "time-series-forecasting"


class TimeSeriesForecasting(Handler):
    """Continue a series of measurements.

    Takes a series, the features of its past and coming steps, and its categories; or a list of each.
    Returns `forecast`: floats, shape (batch, steps ahead, channels).

    seed: makes drawing repeatable
    """

    task = "time-series-forecasting"
    model_class = "AutoformerForPrediction"
    read = staticmethod(read_dated_series)
    batch_size = 1  # each series is drawn from the seed, whatever stands beside it
    draws = True

    def example(self):
        config = self.model.config
        steps = self.past_length + config.prediction_length
        features = config.num_time_features + config.num_dynamic_real_features
        return {
            "series": samples.series(self.past_length, config.input_size),
            "time_features": samples.Calendar("year", steps, features).make(),
            "categories": [0] * config.num_static_categorical_features,
        }

    def answer(self, items):
        inputs = [self.inputs(item) for item in items]
        drawn = self.model.generate(
            **{name: self.torch.stack([each[name] for each in inputs]).to(self.device) for name in inputs[0]}
        ).sequences
        forecast = drawn.mean(1).reshape(len(items), -1, self.model.config.input_size)
        return {"forecast": forecast.tolist()}

    @property
    def past_length(self):
        """How many steps the model looks back: its context, and as far again as its lags reach."""
        return self.model.config.context_length + max(self.model.config.lags_sequence)

    def inputs(self, item):
        """A series and its features, cut to what the model looks back and ahead."""
        config, past = self.model.config, self.past_length
        steps, channels = past + config.prediction_length, config.input_size
        features = config.num_time_features + config.num_dynamic_real_features
        if len(item.values) < past or item.values.shape[1] != channels:
            raise InputError(f"series has shape {item.values.shape}; give ({past} or more, {channels})")
        if len(item.time_features) < steps or item.time_features.shape[1] != features:
            shape = item.time_features.shape
            raise InputError(f"time_features has shape {shape}; give ({steps} or more, {features})")
        if len(item.categories) != config.num_static_categorical_features:
            wanted = config.num_static_categorical_features
            raise InputError(f"{len(item.categories)} categories; the model takes {wanted}")
        values = self.torch.from_numpy(item.values[-past:])
        values = values if channels > 1 else values[:, 0]
        known = self.torch.from_numpy(item.time_features[-steps:])
        inputs = {
            "past_values": values,
            "past_observed_mask": self.torch.ones_like(values),
            "past_time_features": known[:past],
            "future_time_features": known[past:],
        }
        if item.categories:
            inputs["static_categorical_features"] = self.torch.tensor(item.categories)
        return inputs


class hf_autoformer(Skillset):
    """Autoformer, loaded by path and called through the host's convention."""

    handlers = (TimeSeriesForecasting,)

    unsupported = {
        "onnx": "its attention fails with the mask that its encoder makes while it is traced",
        "openvino": "its attention fails with the mask that its encoder makes while it is traced",
        "qualcomm": "its attention fails with the mask that its encoder makes while it is traced",
        "webgpu": "its attention fails with the mask that its encoder makes while it is traced",
        "webnn": "its attention fails with the mask that its encoder makes while it is traced",
    }
