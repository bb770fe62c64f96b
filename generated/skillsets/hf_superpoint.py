"""SuperPoint: load a `superpoint` checkpoint and answer requests about images.

Generated from specs/models/superpoint.yaml and specs/overlays/superpoint.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:superpoint`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "magic-leap-community/superpoint"
ARCHITECTURE = "superpoint"
TASK_TYPE = "keypoint-detection"


class KeypointDetection(Handler):
    """Find the points of an image that are easy to find again.

    Takes an image or a list of images.
    Returns `keypoints`: for each image: a list of {point, score, descriptor}; a point is [x, y] in
    pixels.
    """

    task = "keypoint-detection"
    model_class = "SuperPointForKeypointDetection"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        found = self.processor.post_process_keypoint_detection(
            self.model(**inputs), [(image.height, image.width) for image in images]
        )
        return {"keypoints": [self.listed(each) for each in found]}

    def listed(self, found):
        rows = zip(found["keypoints"], found["scores"], found["descriptors"], strict=True)
        return [
            {"point": point.tolist(), "score": score.item(), "descriptor": descriptor.tolist()}
            for point, score, descriptor in rows
        ]


class hf_superpoint(Skillset):
    """SuperPoint, loaded by path and called through the host's convention."""

    handlers = (KeypointDetection,)
