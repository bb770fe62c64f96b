"""ShieldGemma 2: load a `shieldgemma2` checkpoint and answer requests about images and texts.

Generated from specs/models/shieldgemma2.yaml and specs/overlays/shieldgemma2.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:shieldgemma2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "google/shieldgemma-2-4b-it"
ARCHITECTURE = "shieldgemma2"
TASK_TYPE = "image-classification"


class ImageClassification(Handler):
    """Give an image a label and a score.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first.

    top_k: how many labels to return for each image
    """

    task = "image-classification"
    model_class = "ShieldGemma2ForImageClassification"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images, *, top_k: int = 5):
        policies = list(self.processor.policy_definitions)
        inputs = self.processor(images=images, return_tensors="pt").to(self.device)
        violated = self.model(**inputs).probabilities[:, 0].view(len(images), len(policies))
        return {"labels": [self.ranked(row, top_k, names=policies) for row in violated]}


class hf_shieldgemma2(Skillset):
    """ShieldGemma 2, loaded by path and called through the host's convention."""

    handlers = (ImageClassification,)
