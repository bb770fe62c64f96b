"""CohereAsr: load a `cohere_asr` checkpoint and answer requests about recordings.

Generated from specs/models/cohere_asr.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:cohere_asr`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "CohereLabs/cohere-transcribe-03-2026"
ARCHITECTURE = "cohere_asr"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.

    language: the language that is spoken, as the checkpoint names it
    """

    task = "automatic-speech-recognition"
    model_class = "CohereAsrForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # recordings of other lengths would be padded, which changes what is heard

    def example(self):
        return {**super().example(), "language": "en"}

    def answer(self, recordings, *, language: str):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            language=language,
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
    model_class = "CohereAsrModel"
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


class hf_cohere_asr(Skillset):
    """CohereAsr, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        FeatureExtraction,
    )
