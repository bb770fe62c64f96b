"""Dia: load a `dia` checkpoint and answer requests about recordings.

Generated from specs/models/dia.yaml and specs/overlays/dia.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:dia`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "nari-labs/Dia-1.6B"
ARCHITECTURE = "dia"
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
    model_class = "DiaForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_texts)
    batch_size = 1  # sound of other lengths would be padded, and drawn from another state of the generator
    draws = True

    def answer(self, texts: list[str], *, max_new_tokens: int = 256):
        inputs = self.processor([self.spoken(text) for text in texts], return_tensors="pt").to(self.device)
        codes = self.model.generate(**inputs, max_new_tokens=max_new_tokens)
        (sound,) = self.processor.batch_decode(codes)
        return {"audio": [{"array": sound.flatten().tolist(), "sampling_rate": self.output_rate}]}

    def spoken(self, text):
        """A text with the number of its speaker before it."""
        return text if text.startswith("[") else f"[S1] {text}"


class hf_dia(Skillset):
    """Dia, loaded by path and called through the host's convention."""

    handlers = (TextToAudio,)
