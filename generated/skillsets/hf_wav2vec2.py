"""Wav2Vec2: load a `wav2vec2` checkpoint and answer requests about recordings.

Generated from specs/models/wav2vec2.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:wav2vec2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "facebook/wav2vec2-base-960h"
ARCHITECTURE = "wav2vec2"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "Wav2Vec2ForCTC"
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
    model_class = "Wav2Vec2ForSequenceClassification"
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


class AudioFrameClassification(Handler):
    """Say for each moment of a recording how likely each label is, as who speaks when.

    Takes a recording or a list of recordings.
    Returns `frames`: for each recording, for each of its frames: {start, end, scores}; start and end in
    seconds, a score from 0 to 1 for each label.
    """

    task = "audio-frame-classification"
    model_class = "Wav2Vec2ForAudioFrameClassification"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        (probabilities,) = self.model(**inputs).logits.sigmoid()
        return {"frames": [self.frames(recordings[0].seconds, probabilities)]}

    def frames(self, seconds, probabilities):
        """The moments of a recording, each with a score for each label; several labels may hold at once."""
        step = seconds / len(probabilities)
        names = self.model.config.id2label
        return [
            {
                "start": number * step,
                "end": (number + 1) * step,
                "scores": {names.get(label, f"LABEL_{label}"): score for label, score in enumerate(scores)},
            }
            for number, scores in enumerate(probabilities.tolist())
        ]


class AudioXvector(Handler):
    """Turn a voice into a vector that places recordings of one speaker close to each other.

    Takes a recording or a list of recordings.
    Returns `embedding`: one vector of length 1 for each recording, shape (batch, width); compare them
    by their dot product.
    """

    task = "audio-xvector"
    model_class = "Wav2Vec2ForXVector"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        embedding = self.torch.nn.functional.normalize(self.model(**inputs).embeddings, dim=-1)
        return {"embedding": embedding.tolist()}


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a recording or a list of recordings.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "Wav2Vec2Model"
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


class hf_wav2vec2(Skillset):
    """Wav2Vec2, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        AudioClassification,
        AudioFrameClassification,
        AudioXvector,
        FeatureExtraction,
    )
