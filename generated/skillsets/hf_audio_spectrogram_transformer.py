"""Audio Spectrogram Transformer: load a `audio-spectrogram-transformer` checkpoint and answer requests about recordings.

Generated from specs/models/audio-spectrogram-transformer.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:audio-spectrogram-transformer`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "MIT/ast-finetuned-audioset-10-10-0.4593"
ARCHITECTURE = "audio-spectrogram-transformer"
TASK_TYPE = "audio-classification"


class AudioClassification(Handler):
    """Give a recording a label and a score.

    Takes a recording or a list of recordings.
    Returns `labels`: for each recording: a list of {label, score}, best first.

    top_k: how many labels to return for each recording
    """

    task = "audio-classification"
    model_class = "ASTForAudioClassification"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # recordings of other lengths would be padded, which changes what is heard

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
    model_class = "ASTModel"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # the vector is the mean of all frames, and padding would add some

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        embedding = self.model(**inputs).last_hidden_state.mean(1)
        return {"embedding": embedding.tolist()}


class hf_audio_spectrogram_transformer(Skillset):
    """Audio Spectrogram Transformer, loaded by path and called through the host's convention."""

    handlers = (
        AudioClassification,
        FeatureExtraction,
    )
