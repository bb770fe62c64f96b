"""Nemotron3Diarization: load a `nemotron3_diarization` checkpoint and answer requests about recordings.

Generated from specs/models/nemotron3_diarization.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:nemotron3_diarization`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "nvidia/Nemotron-3-Diarization"
ARCHITECTURE = "nemotron3_diarization"
TASK_TYPE = "audio-frame-classification"


class AudioFrameClassification(Handler):
    """Say for each moment of a recording how likely each label is, as who speaks when.

    Takes a recording or a list of recordings.
    Returns `frames`: for each recording, for each of its frames: {start, end, scores}; start and end in
    seconds, a score from 0 to 1 for each label.
    """

    task = "audio-frame-classification"
    model_class = "Nemotron3DiarizationForAudioFrameClassification"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # recordings of other lengths would be padded, and have frames that are not theirs

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


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a recording or a list of recordings.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "Nemotron3DiarizationModel"
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


class hf_nemotron3_diarization(Skillset):
    """Nemotron3Diarization, loaded by path and called through the host's convention."""

    handlers = (
        AudioFrameClassification,
        FeatureExtraction,
    )
