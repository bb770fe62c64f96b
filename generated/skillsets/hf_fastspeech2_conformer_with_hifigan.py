"""FastSpeech2Conformer: load a `fastspeech2_conformer_with_hifigan` checkpoint and answer requests about recordings.

Generated from specs/models/fastspeech2_conformer_with_hifigan.yaml and specs/overlays/fastspeech2_conformer_with_hifigan.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:fastspeech2_conformer_with_hifigan`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "espnet/fastspeech2_conformer_with_hifigan"
ARCHITECTURE = "fastspeech2_conformer_with_hifigan"
TASK_TYPE = "text-to-audio"


class TextToAudio(Handler):
    """Read a text aloud, or make the sound that it describes.

    Takes a text or a list of texts.
    Returns `audio`: for each text: {array, sampling_rate}; array is a list of floats, the rate is null
    where the checkpoint does not say.

    seed: makes drawing repeatable
    """

    task = "text-to-audio"
    model_class = "FastSpeech2ConformerWithHifiGan"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # sound of other lengths would be padded, and drawn from another state of the generator
    draws = True

    def answer(self, texts: list[str]):
        inputs = self.processor(texts, return_tensors="pt").to(self.device)
        self.check_length(inputs, self.processor.model_max_length)
        sound = self.model(**inputs).waveform
        return {"audio": [{"array": sound.flatten().tolist(), "sampling_rate": self.output_rate}]}


class hf_fastspeech2_conformer_with_hifigan(Skillset):
    """FastSpeech2Conformer, loaded by path and called through the host's convention."""

    handlers = (TextToAudio,)
