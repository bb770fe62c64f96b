"""SuperGlue: load a `superglue` checkpoint and answer requests about images.

Generated from specs/models/superglue.yaml and specs/overlays/superglue.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:superglue`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_image_pairs

MODEL_ID = "magic-leap-community/superglue_indoor"
ARCHITECTURE = "superglue"
TASK_TYPE = "keypoint-matching"


class KeypointMatching(Handler):
    """Find the points that two images have in common.

    Takes an image and another one, or a list of each.
    Returns `matches`: for each pair: a list of {point, other_point, score}; a point is [x, y] in
    pixels.

    threshold: leave out matches that score below this
    """

    task = "keypoint-matching"
    model_class = "SuperGlueForKeypointMatching"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_image_pairs)

    def answer(self, pairs, *, threshold: float = 0.0):
        inputs = self.processor([list(pair) for pair in pairs], return_tensors="pt").to(self.device)
        found = self.processor.post_process_keypoint_matching(
            self.model(**inputs),
            [[(image.height, image.width) for image in pair] for pair in pairs],
            threshold=threshold,
        )
        return {"matches": [self.listed(each) for each in found]}

    def listed(self, found):
        rows = zip(found["keypoints0"], found["keypoints1"], found["matching_scores"], strict=True)
        return [
            {"point": point.tolist(), "other_point": other.tolist(), "score": score.item()}
            for point, other, score in rows
        ]


class hf_superglue(Skillset):
    """SuperGlue, loaded by path and called through the host's convention."""

    handlers = (KeypointMatching,)
