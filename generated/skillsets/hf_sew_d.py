"""SEW-D: load a `sew-d` checkpoint and answer requests about recordings.

Generated from specs/models/sew-d.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:sew-d`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "BAAI/seggpt-vit-large"
ARCHITECTURE = "sew-d"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "SEWDForCTC"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            padding=True,
            return_tensors="pt",
        ).to(self.device)
        tokens = self.model(**inputs).logits.argmax(-1)
        return {"text": self.processor.batch_decode(tokens)}


class AudioClassification(Handler):
    """Give a recording a label and a score.

    Takes a recording or a list of recordings.
    Returns `labels`: for each recording: a list of {label, score}, best first.

    top_k: how many labels to return for each recording
    """

    task = "audio-classification"
    model_class = "SEWDForSequenceClassification"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings, *, top_k: int = 5):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a recording or a list of recordings.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "SEWDModel"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        embedding = self.model(**inputs).last_hidden_state.mean(1)
        return {"embedding": embedding.tolist()}


class hf_sew_d(Skillset):
    """SEW-D, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        AudioClassification,
        FeatureExtraction,
    )
