"""CLAP: load a `clap` checkpoint and answer requests about images and texts.

Generated from specs/models/clap.yaml and specs/overlays/clap.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:clap`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, samples
from skillset_runtime.inputs import fill_template, read_audio, read_texts, read_texts_or_audio

MODEL_ID = "laion/clap-htsat-fused"
ARCHITECTURE = "clap"
TASK_TYPE = "zero-shot-audio-classification"


class ZeroShotAudioClassification(Handler):
    """Say which of some texts describes a recording best.

    Takes a recording or a list of recordings.
    Returns `labels`: for each recording: a list of {label, score}, best first, over the candidate
    labels.

    candidate_labels: the labels to choose from
    hypothesis_template: the text for each label, which stands for its braces
    """

    task = "zero-shot-audio-classification"
    model_class = "ClapModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def example(self):
        return {**super().example(), "candidate_labels": ["a dog barks", "a bell rings"]}

    def answer(
        self, recordings, *, candidate_labels: list, hypothesis_template: str = "This is a sound of {}."
    ):
        labels = read_texts(candidate_labels)
        texts = fill_template(hypothesis_template, labels)
        inputs = self.processor(
            text=texts,
            audio=self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            padding=True,
            return_tensors="pt",
        ).to(self.device)
        probabilities = self.model(**inputs).logits_per_audio.softmax(-1)
        return {"labels": [self.ranked(row, names=labels) for row in probabilities]}


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text, a recording or a list of either.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "ClapModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_texts_or_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def example(self):
        return {"text": samples.TEXT}

    def answer(self, items):
        if isinstance(items[0], str):
            features = self.model.get_text_features(**self.tokenized(items))
        else:
            inputs = self.processor(
                audio=self.sounds(items), sampling_rate=self.sampling_rate, return_tensors="pt"
            )
            features = self.model.get_audio_features(**inputs.to(self.device))
        return {"embedding": features.pooler_output.tolist()}


class hf_clap(Skillset):
    """CLAP, loaded by path and called through the host's convention."""

    handlers = (
        ZeroShotAudioClassification,
        FeatureExtraction,
    )
