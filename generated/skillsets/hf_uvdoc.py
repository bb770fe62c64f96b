"""UVDoc: load a `uvdoc` checkpoint and answer requests about images.

Generated from specs/models/uvdoc.yaml and specs/overlays/uvdoc.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:uvdoc`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "PaddlePaddle/UVDoc_safetensors"
ARCHITECTURE = "uvdoc"
TASK_TYPE = "image-feature-extraction"


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "UVDocModel"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_uvdoc(Skillset):
    """UVDoc, loaded by path and called through the host's convention."""

    handlers = (ImageFeatureExtraction,)
