"""Depth Anything: load a `depth_anything` checkpoint and answer requests about images.

Generated from specs/models/depth_anything.yaml and specs/overlays/depth_anything.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:depth_anything`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "LiheYoung/depth-anything-small-hf"
ARCHITECTURE = "depth_anything"
TASK_TYPE = "depth-estimation"


class DepthEstimation(Handler):
    """Say for each pixel of an image how far away it is.

    Takes an image or a list of images.
    Returns `depth`: for each image: a map of floats, shape (height, width), as far or as near as the
    model counts.
    """

    task = "depth-estimation"
    model_class = "DepthAnythingForDepthEstimation"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        found = self.processor.post_process_depth_estimation(
            self.model(**inputs), [(image.height, image.width) for image in images]
        )
        return {"depth": [each["predicted_depth"].tolist() for each in found]}


class hf_depth_anything(Skillset):
    """Depth Anything, loaded by path and called through the host's convention."""

    handlers = (DepthEstimation,)
