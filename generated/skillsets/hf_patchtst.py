"""PatchTST: load a `patchtst` checkpoint and answer requests about series of measurements.

Generated from specs/models/patchtst.yaml
by templates/skillsets/time_series.py.j2.
Change those and run `doit generate:patchtst`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset, samples
from skillset_runtime.inputs import read_series

MODEL_ID = "ibm-granite/granite-timeseries-patchtst"
ARCHITECTURE = "patchtst"
TASK_TYPE = "time-series-forecasting"


class TimeSeriesForecasting(Handler):
    """Continue a series of measurements.

    Takes a series, or a list of series.
    Returns `forecast`: floats, shape (batch, steps ahead, channels).
    """

    task = "time-series-forecasting"
    model_class = "PatchTSTForPrediction"
    read = staticmethod(read_series)

    def example(self):
        config = self.model.config
        return {"series": samples.series(config.context_length, config.num_input_channels)}

    def answer(self, series):
        past_values = self.torch.stack([self.recent(each) for each in series]).to(self.device)
        forecast = self.model(past_values=past_values).prediction_outputs
        return {"forecast": forecast.tolist()}

    def recent(self, series):
        """The end of a series, as long as the model looks back."""
        length, channels = self.model.config.context_length, self.model.config.num_input_channels
        if len(series) < length or series.shape[1] != channels:
            raise InputError(f"series has shape {series.shape}; give ({length} or more, {channels})")
        return self.torch.from_numpy(series[-length:])


class TimeSeriesClassification(Handler):
    """Give a series of measurements a class.

    Takes a series, or a list of series.
    Returns `labels`: for each series: a list of {label, score}, best first.
    """

    task = "time-series-classification"
    model_class = "PatchTSTForClassification"
    read = staticmethod(read_series)

    def example(self):
        config = self.model.config
        return {"series": samples.series(config.context_length, config.num_input_channels)}

    def answer(self, series):
        past_values = self.torch.stack([self.recent(each) for each in series]).to(self.device)
        probabilities = self.probabilities(self.model(past_values=past_values).prediction_logits)
        return {"labels": [self.ranked(row) for row in probabilities]}

    def recent(self, series):
        """The end of a series, as long as the model looks back."""
        length, channels = self.model.config.context_length, self.model.config.num_input_channels
        if len(series) < length or series.shape[1] != channels:
            raise InputError(f"series has shape {series.shape}; give ({length} or more, {channels})")
        return self.torch.from_numpy(series[-length:])


class TimeSeriesRegression(Handler):
    """Estimate numbers from a series of measurements.

    Takes a series, or a list of series.
    Returns `values`: floats, shape (batch, targets).
    """

    task = "time-series-regression"
    model_class = "PatchTSTForRegression"
    read = staticmethod(read_series)

    def example(self):
        config = self.model.config
        return {"series": samples.series(config.context_length, config.num_input_channels)}

    def answer(self, series):
        past_values = self.torch.stack([self.recent(each) for each in series]).to(self.device)
        values = self.model(past_values=past_values).regression_outputs
        return {"values": values.tolist()}

    def recent(self, series):
        """The end of a series, as long as the model looks back."""
        length, channels = self.model.config.context_length, self.model.config.num_input_channels
        if len(series) < length or series.shape[1] != channels:
            raise InputError(f"series has shape {series.shape}; give ({length} or more, {channels})")
        return self.torch.from_numpy(series[-length:])


class hf_patchtst(Skillset):
    """PatchTST, loaded by path and called through the host's convention."""

    handlers = (
        TimeSeriesForecasting,
        TimeSeriesClassification,
        TimeSeriesRegression,
    )
