"""Mimi: load a `mimi_decoder` checkpoint and answer requests about recordings.

Generated from specs/models/mimi_decoder.yaml and specs/overlays/mimi_decoder.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:mimi_decoder`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset, samples
from skillset_runtime.inputs import read_series

MODEL_ID = "kyutai/mimi"
ARCHITECTURE = "mimi_decoder"
TASK_TYPE = "audio-decoding"


class AudioDecoding(Handler):
    """Make the sound that the latent vectors of a codec stand for.

    Takes latents of shape (frames, width of the model), or a list of them.
    Returns `audio`: for each series of latents: {array, sampling_rate}; array is a list of floats.
    """

    task = "audio-decoding"
    model_class = "MimiDecoderModel"
    read = staticmethod(read_series)
    batch_size = 1  # latents of other lengths would be padded, and padding sounds

    def example(self):
        return {"series": samples.series(8, self.model.config.hidden_size)}

    def answer(self, series):
        latents = self.torch.stack([self.channels(each) for each in series]).to(self.device)
        sounds = self.model(latents).audio_values.flatten(1).tolist()
        return {"audio": [{"array": sound, "sampling_rate": self.output_rate} for sound in sounds]}

    def channels(self, series):
        """Latents as the model takes them: shape (width, frames)."""
        width = self.model.config.hidden_size
        if series.shape[1] != width:
            raise InputError(f"latents have {series.shape[1]} numbers a frame; the model takes {width}")
        return self.torch.from_numpy(series).T


class hf_mimi_decoder(Skillset):
    """Mimi, loaded by path and called through the host's convention."""

    handlers = (AudioDecoding,)
