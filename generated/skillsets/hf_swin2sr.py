"""Swin2SR: load a `swin2sr` checkpoint and answer requests about images.

Generated from specs/models/swin2sr.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:swin2sr`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "caidas/swin2sr-classicalsr-x2-64"
ARCHITECTURE = "swin2sr"
TASK_TYPE = "image-to-image"


class ImageToImage(Handler):
    """Make a better image of an image.

    Takes an image or a list of images.
    Returns `image`: for each image: floats from 0 to 1, shape (height, width, channels), with more
    pixels if the model enlarges.
    """

    task = "image-to-image"
    model_class = "Swin2SRForImageSuperResolution"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        made = self.model(**inputs).reconstruction.clamp(0, 1)
        return {"image": [each.permute(1, 2, 0).tolist() for each in made]}


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "Swin2SRModel"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_swin2sr(Skillset):
    """Swin2SR, loaded by path and called through the host's convention."""

    handlers = (
        ImageToImage,
        ImageFeatureExtraction,
    )
