"""VibeVoiceAsr: load a `vibevoice_asr` checkpoint and answer requests about recordings.

Generated from specs/models/vibevoice_asr.yaml and specs/overlays/vibevoice_asr.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:vibevoice_asr`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "microsoft/VibeVoice-ASR-HF"
ARCHITECTURE = "vibevoice_asr"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "VibeVoiceAsrForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # each recording has a prompt as long as itself

    def answer(self, recordings):
        inputs = self.processor.apply_transcription_request(
            audio=self.sounds(recordings), return_tensors="pt"
        ).to(self.device)
        prompt = inputs.get("input_ids", inputs.get("decoder_input_ids"))
        # What was heard as it is, without the noise that is drawn around it.
        tokens = self.model.generate(**inputs, sample=False)[:, prompt.shape[1] :]
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class hf_vibevoice_asr(Skillset):
    """VibeVoiceAsr, loaded by path and called through the host's convention."""

    handlers = (AutomaticSpeechRecognition,)
