"""TimesFm2_5: load a `timesfm2_5` checkpoint and answer requests about series of measurements.

Generated from specs/models/timesfm2_5.yaml
by templates/skillsets/time_series.py.j2.
Change those and run `doit generate:timesfm2_5`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset, samples
from skillset_runtime.inputs import read_series

MODEL_ID = "google/timesfm-2.5-200m-transformers"
ARCHITECTURE = "timesfm2_5"
TASK_TYPE = "time-series-forecasting"


class TimeSeriesForecasting(Handler):
    """Continue a series of measurements.

    Takes a series of one channel, or a list of series.
    Returns `forecast`: floats, shape (batch, steps ahead, channels).
    """

    task = "time-series-forecasting"
    model_class = "TimesFm2_5ModelForPrediction"
    read = staticmethod(read_series)

    def example(self):
        return {"series": samples.series(self.model.config.context_length, 1)}

    def answer(self, series):
        past_values = [self.channel(each) for each in series]
        forecast = self.model(past_values=past_values).mean_predictions
        return {"forecast": forecast.unsqueeze(-1).tolist()}

    def channel(self, series):
        """The only channel of a series."""
        if series.shape[1] != 1:
            raise InputError(f"series has shape {series.shape}; give each of its channels by itself")
        return self.torch.from_numpy(series[:, 0]).to(self.device)


class hf_timesfm2_5(Skillset):
    """TimesFm2_5, loaded by path and called through the host's convention."""

    handlers = (TimeSeriesForecasting,)
