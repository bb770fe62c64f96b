"""Perceiver: load a `perceiver` checkpoint and answer requests about texts.

Generated from specs/models/perceiver.yaml and specs/overlays/perceiver.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:perceiver`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, handler_factory, initializer
from skillset_runtime.inputs import read_images, read_texts

MODEL_ID = "deepmind/language-perceiver"
ARCHITECTURE = "perceiver"
TASK_TYPE = "image-classification"


class ImageClassification(Handler):
    """Give an image a label and a score.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first.

    top_k: how many labels to return for each image
    """

    task = "image-classification"
    model_class = "PerceiverForImageClassificationLearned"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images, *, top_k: int = 5):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class TextClassification(Handler):
    """Give a text a label and a score.

    Takes a text or a list of texts.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "PerceiverForSequenceClassification"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)

    def answer(self, texts: list[str], *, top_k: int = 1):
        inputs = self.tokenized(texts)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class hf_perceiver(Skillset):
    """Perceiver, loaded by path and called through the host's convention."""

    handlers = (
        ImageClassification,
        TextClassification,
    )

    init_cpu = initializer("cpu")
    create_cpu_image_classification_endpoint_handler = handler_factory("cpu", ImageClassification)
    create_cpu_text_classification_endpoint_handler = handler_factory("cpu", TextClassification)
