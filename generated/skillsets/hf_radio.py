"""Radio: load a `radio` checkpoint and answer requests about images.

Generated from specs/models/radio.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:radio`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "nvidia/C-RADIOv4-H"
ARCHITECTURE = "radio"
TASK_TYPE = "image-feature-extraction"


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "RadioModel"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_radio(Skillset):
    """Radio, loaded by path and called through the host's convention."""

    handlers = (ImageFeatureExtraction,)
