"""UnivNet: load a `univnet` checkpoint and answer requests about recordings.

Generated from specs/models/univnet.yaml and specs/overlays/univnet.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:univnet`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "dg845/univnet-dev"
ARCHITECTURE = "univnet"
TASK_TYPE = "audio-to-audio"


class AudioToAudio(Handler):
    """Make a recording anew from what a model hears in it.

    Takes a recording or a list of recordings.
    Returns `audio`: for each recording: {array, sampling_rate}; array is a list of floats.

    seed: makes drawing repeatable
    """

    task = "audio-to-audio"
    model_class = "UnivNetModel"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # sound of other lengths would be padded, and drawn from another state of the generator
    draws = True

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        features = inputs["input_features"]
        # Drawn here as the model would draw it: a program that is made of the model has no generator of torch.
        noise = self.torch.randn(
            (*features.shape[:2], self.model.config.model_in_channels),
            dtype=features.dtype,
            device=features.device,
        )
        sound = self.model(features, noise).waveforms
        return {"audio": [{"array": sound.flatten().tolist(), "sampling_rate": self.sampling_rate}]}


class hf_univnet(Skillset):
    """UnivNet, loaded by path and called through the host's convention."""

    handlers = (AudioToAudio,)
