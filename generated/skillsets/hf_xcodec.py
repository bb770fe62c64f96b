"""X-Codec: load a `xcodec` checkpoint and answer requests about recordings.

Generated from specs/models/xcodec.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:xcodec`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "Manel/X-Codec"
ARCHITECTURE = "xcodec"
TASK_TYPE = "audio-tokenization"


class AudioTokenization(Handler):
    """Write a recording as a few codes for each moment, and make it audible again from them.

    Takes a recording or a list of recordings.
    Returns `codes`: for each recording: whole numbers, or latent vectors where the model has no
    codebook, as it nests them.
    Returns `audio`: for each recording: {array, sampling_rate}, decoded from the codes; array is a list
    of floats.
    """

    task = "audio-tokenization"
    model_class = "XcodecModel"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        outputs = self.model(inputs["input_values"])
        (sound,) = outputs.audio_values.reshape(len(recordings), -1).tolist()
        rate = getattr(self.model.config, "output_sampling_rate", self.sampling_rate)
        return {
            "codes": outputs.audio_codes.tolist(),
            "audio": [{"array": sound, "sampling_rate": rate}],
        }


class hf_xcodec(Skillset):
    """X-Codec, loaded by path and called through the host's convention."""

    handlers = (AudioTokenization,)
