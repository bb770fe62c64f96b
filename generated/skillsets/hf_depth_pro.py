"""DepthPro: load a `depth_pro` checkpoint and answer requests about images.

Generated from specs/models/depth_pro.yaml and specs/overlays/depth_pro.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:depth_pro`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "apple/DepthPro"
ARCHITECTURE = "depth_pro"
TASK_TYPE = "depth-estimation"


class DepthEstimation(Handler):
    """Say for each pixel of an image how far away it is.

    Takes an image or a list of images.
    Returns `depth`: for each image: a map of floats, shape (height, width), as far or as near as the
    model counts.
    """

    task = "depth-estimation"
    model_class = "DepthProForDepthEstimation"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        found = self.processor.post_process_depth_estimation(
            self.model(**inputs), [(image.height, image.width) for image in images]
        )
        return {"depth": [each["predicted_depth"].tolist() for each in found]}


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "DepthProModel"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_depth_pro(Skillset):
    """DepthPro, loaded by path and called through the host's convention."""

    handlers = (
        DepthEstimation,
        ImageFeatureExtraction,
    )
