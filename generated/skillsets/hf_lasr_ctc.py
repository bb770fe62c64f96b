"""LasrCTC: load a `lasr_ctc` checkpoint and answer requests about recordings.

Generated from specs/models/lasr_ctc.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:lasr_ctc`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "google/medasr"
ARCHITECTURE = "lasr_ctc"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "LasrForCTC"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # recordings of other lengths would be padded, which changes what is heard

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        tokens = self.model.generate(**inputs, return_dict_in_generate=True).sequences
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class hf_lasr_ctc(Skillset):
    """LasrCTC, loaded by path and called through the host's convention."""

    handlers = (AutomaticSpeechRecognition,)
