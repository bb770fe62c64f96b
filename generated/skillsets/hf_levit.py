"""LeViT: load a `levit` checkpoint and answer requests about images.

Generated from specs/models/levit.yaml and specs/overlays/levit.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:levit`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "facebook/levit-128S"
ARCHITECTURE = "levit"
TASK_TYPE = "image-classification"


class ImageClassification(Handler):
    """Give an image a label and a score.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first.

    top_k: how many labels to return for each image
    """

    task = "image-classification"
    model_class = "LevitForImageClassification"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images, *, top_k: int = 5):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "LevitModel"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_levit(Skillset):
    """LeViT, loaded by path and called through the host's convention."""

    handlers = (
        ImageClassification,
        ImageFeatureExtraction,
    )
