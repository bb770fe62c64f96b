"""VoxtralRealtime: load a `voxtral_realtime` checkpoint and answer requests about recordings.

Generated from specs/models/voxtral_realtime.yaml and specs/overlays/voxtral_realtime.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:voxtral_realtime`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "mistralai/Voxtral-Mini-4B-Realtime-2602"
ARCHITECTURE = "voxtral_realtime"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "VoxtralRealtimeForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # each recording has a prompt as long as itself

    def answer(self, recordings):
        inputs = self.processor(
            audio=self.sounds(recordings), sampling_rate=self.sampling_rate, return_tensors="pt"
        ).to(self.device)
        tokens = self.model.generate(**inputs)
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class hf_voxtral_realtime(Skillset):
    """VoxtralRealtime, loaded by path and called through the host's convention."""

    handlers = (AutomaticSpeechRecognition,)
