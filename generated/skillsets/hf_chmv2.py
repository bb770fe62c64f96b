"""CHMv2: load a `chmv2` checkpoint and answer requests about images.

Generated from specs/models/chmv2.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:chmv2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "facebook/dinov3-vitl16-chmv2-dpt-head"
ARCHITECTURE = "chmv2"
TASK_TYPE = "depth-estimation"


class DepthEstimation(Handler):
    """Say for each pixel of an image how far away it is.

    Takes an image or a list of images.
    Returns `depth`: for each image: a map of floats, shape (height, width), as far or as near as the
    model counts.
    """

    task = "depth-estimation"
    model_class = "CHMv2ForDepthEstimation"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        found = self.processor.post_process_depth_estimation(
            self.model(**inputs), [(image.height, image.width) for image in images]
        )
        return {"depth": [each["predicted_depth"].tolist() for each in found]}


class hf_chmv2(Skillset):
    """CHMv2, loaded by path and called through the host's convention."""

    handlers = (DepthEstimation,)
