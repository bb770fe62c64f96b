"""Speech2Text: load a `speech_to_text` checkpoint and answer requests about recordings.

Generated from specs/models/speech_to_text.yaml and specs/overlays/speech_to_text.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:speech_to_text`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "facebook/s2t-small-librispeech-asr"
ARCHITECTURE = "speech_to_text"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "Speech2TextForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        tokens = self.model.generate(**inputs)
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a recording or a list of recordings.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "Speech2TextModel"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        embedding = self.model.get_encoder()(**inputs).last_hidden_state.mean(1)
        return {"embedding": embedding.tolist()}


class hf_speech_to_text(Skillset):
    """Speech2Text, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        FeatureExtraction,
    )
