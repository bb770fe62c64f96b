"""Mimi: load a `mimi_encoder` checkpoint and answer requests about texts.

Generated from specs/models/mimi_encoder.yaml and specs/overlays/mimi_encoder.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:mimi_encoder`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "kyutai/mimi"
ARCHITECTURE = "mimi_encoder"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a recording or a list of recordings.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "MimiEncoderModel"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        # A codec's encoder takes the samples as they are: shape (recordings, 1, samples).
        sounds = [recording.at(self.model.config.sampling_rate) for recording in recordings]
        waveforms = self.torch.stack([self.torch.from_numpy(sound)[None] for sound in sounds])
        latents = self.model(waveforms.to(self.device)).latents
        return {"embedding": latents.mean(-1).tolist()}


class hf_mimi_encoder(Skillset):
    """Mimi, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
