"""VitPoseBackbone: load a `vitpose_backbone` checkpoint and answer requests about images.

Generated from specs/models/vitpose_backbone.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:vitpose_backbone`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "usyd-community/vitpose-base-simple"
ARCHITECTURE = "vitpose_backbone"
TASK_TYPE = "image-feature-maps"


class ImageFeatureMaps(Handler):
    """Turn an image into maps of features, coarser from stage to stage.

    Takes an image or a list of images.
    Returns `feature_maps`: for each image: a map for each stage that the backbone gives, shape
    (channels, height, width).
    """

    task = "image-feature-maps"
    model_class = "VitPoseBackbone"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        stages = self.model(**inputs).feature_maps
        return {"feature_maps": [[stage[i].tolist() for stage in stages] for i in range(len(images))]}


class hf_vitpose_backbone(Skillset):
    """VitPoseBackbone, loaded by path and called through the host's convention."""

    handlers = (ImageFeatureMaps,)
