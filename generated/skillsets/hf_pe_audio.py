"""PE Audio (Perception Encoder Audio): load a `pe_audio` checkpoint and answer requests about texts.

Generated from specs/models/pe_audio.yaml and specs/overlays/pe_audio.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:pe_audio`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, samples
from skillset_runtime.inputs import read_texts_or_audio

MODEL_ID = "facebook/pe-av-large"
ARCHITECTURE = "pe_audio"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes texts or recordings, one or a list.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "PeAudioModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_texts_or_audio)
    batch_size = 1  # the vector is the mean of all frames, and padding would add some

    def example(self):
        return {"audio": samples.Audio("chirp").make()}

    def answer(self, items):
        if isinstance(items[0], str):
            inputs = self.processor(text=items, padding=True, return_tensors="pt").to(self.device)
            embedding = self.model.get_text_audio_embeds(**inputs)
        else:
            inputs = self.processor(
                audio=self.sounds(items), sampling_rate=self.sampling_rate, return_tensors="pt"
            ).to(self.device)
            embedding = self.model.get_audio_embeds(**inputs)
        return {"embedding": embedding.tolist()}


class hf_pe_audio(Skillset):
    """PE Audio (Perception Encoder Audio), loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
