"""PocketTTSAudioTokenizerEncoder: load a `pocket_tts_audio_tokenizer_encoder` checkpoint and answer requests about texts.

Generated from specs/models/pocket_tts_audio_tokenizer_encoder.yaml and specs/overlays/pocket_tts_audio_tokenizer_encoder.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:pocket_tts_audio_tokenizer_encoder`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "eustlb/pocket-tts-audio-tokenizer"
ARCHITECTURE = "pocket_tts_audio_tokenizer_encoder"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a recording or a list of recordings.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "PocketTTSAudioTokenizerEncoderModel"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        # A codec's encoder takes the samples as they are: shape (recordings, 1, samples).
        sounds = [recording.at(self.model.config.sampling_rate) for recording in recordings]
        waveforms = self.torch.stack([self.torch.from_numpy(sound)[None] for sound in sounds])
        latents = self.model(waveforms.to(self.device)).latents
        return {"embedding": latents.mean(-1).tolist()}


class hf_pocket_tts_audio_tokenizer_encoder(Skillset):
    """PocketTTSAudioTokenizerEncoder, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
