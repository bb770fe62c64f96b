"""ALIGN: load a `align` checkpoint and answer requests about images and texts.

Generated from specs/models/align.yaml and specs/overlays/align.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:align`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, samples
from skillset_runtime.inputs import fill_template, read_images, read_texts, read_texts_or_images

MODEL_ID = "kakaobrain/align-base"
ARCHITECTURE = "align"
TASK_TYPE = "zero-shot-image-classification"


class ZeroShotImageClassification(Handler):
    """Say which of some texts describes an image best.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first, over the candidate labels.

    candidate_labels: the labels to choose from
    hypothesis_template: the text for each label, which stands for its braces
    """

    task = "zero-shot-image-classification"
    model_class = "AlignModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def example(self):
        return {**super().example(), "candidate_labels": ["a cat", "a house"]}

    def answer(self, images, *, candidate_labels: list, hypothesis_template: str = "This is a photo of {}."):
        labels = read_texts(candidate_labels)
        texts = fill_template(hypothesis_template, labels)
        inputs = self.processor(text=texts, images=images, padding=self.label_padding, return_tensors="pt")
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        logits = self.model(**inputs.to(self.device)).logits_per_image
        probabilities = logits.sigmoid() if self.judges_pairs else logits.softmax(-1)
        return {"labels": [self.ranked(row, names=labels) for row in probabilities]}


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text, an image or a list of either.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "AlignModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_texts_or_images)

    def example(self):
        return {"text": samples.TEXT}

    def answer(self, items):
        if isinstance(items[0], str):
            features = self.model.get_text_features(**self.tokenized(items, padding=self.label_padding))
        else:
            inputs = self.processor(images=items, return_tensors="pt")
            features = self.model.get_image_features(**inputs.to(self.device))
        return {"embedding": features.pooler_output.tolist()}


class hf_align(Skillset):
    """ALIGN, loaded by path and called through the host's convention."""

    handlers = (
        ZeroShotImageClassification,
        FeatureExtraction,
    )
