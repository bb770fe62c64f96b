"""PixtralVision: load a `pixtral` checkpoint and answer requests about images.

Generated from specs/models/pixtral.yaml and specs/overlays/pixtral.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:pixtral`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "mistral-labs/pixtral-12b"
ARCHITECTURE = "pixtral"
TASK_TYPE = "image-feature-extraction"


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "PixtralVisionModel"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_pixtral(Skillset):
    """PixtralVision, loaded by path and called through the host's convention."""

    handlers = (ImageFeatureExtraction,)
