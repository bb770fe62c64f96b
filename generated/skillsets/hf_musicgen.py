"""MusicGen: load a `musicgen` checkpoint and answer requests about recordings.

Generated from specs/models/musicgen.yaml and specs/overlays/musicgen.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:musicgen`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "facebook/musicgen-small"
ARCHITECTURE = "musicgen"
TASK_TYPE = "text-to-audio"


class TextToAudio(Handler):
    """Read a text aloud, or make the sound that it describes.

    Takes a text or a list of texts.
    Returns `audio`: for each text: {array, sampling_rate}; array is a list of floats, the rate is null
    where the checkpoint does not say.

    max_new_tokens: how many moments to make at most; the codec says how long each is
    seed: makes drawing repeatable
    """

    task = "text-to-audio"
    model_class = "MusicgenForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_texts)
    batch_size = 1  # sound of other lengths would be padded, and drawn from another state of the generator
    draws = True

    def answer(self, texts: list[str], *, max_new_tokens: int = 256):
        inputs = self.processor(text=texts, return_tensors="pt").to(self.device)
        sound = self.model.generate(**inputs, do_sample=True, max_new_tokens=max_new_tokens)
        return {"audio": [{"array": sound.flatten().tolist(), "sampling_rate": self.output_rate}]}


class hf_musicgen(Skillset):
    """MusicGen, loaded by path and called through the host's convention."""

    handlers = (TextToAudio,)
