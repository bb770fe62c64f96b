"""Moonshine: load a `moonshine` checkpoint and answer requests about recordings.

Generated from specs/models/moonshine.yaml and specs/overlays/moonshine.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:moonshine`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, handler_factory, initializer
from skillset_runtime.inputs import read_audio

MODEL_ID = "UsefulSensors/moonshine-tiny"
ARCHITECTURE = "moonshine"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a recording or a list of recordings.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "MoonshineModel"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # the vector is the mean of all frames, and padding would add some

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        embedding = self.model.get_encoder()(**inputs).last_hidden_state.mean(1)
        return {"embedding": embedding.tolist()}


class hf_moonshine(Skillset):
    """Moonshine, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)

    init_cpu = initializer("cpu")
    create_cpu_feature_extraction_endpoint_handler = handler_factory("cpu", FeatureExtraction)
