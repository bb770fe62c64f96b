"""ViTPose: load a `vitpose` checkpoint and answer requests about images.

Generated from specs/models/vitpose.yaml and specs/overlays/vitpose.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:vitpose`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_boxed_images

MODEL_ID = "usyd-community/vitpose-base-simple"
ARCHITECTURE = "vitpose"
TASK_TYPE = "pose-estimation"


class PoseEstimation(Handler):
    """Find the joints of the people within some boxes of an image.

    Takes an image and the boxes of people in it ([xmin, ymin, xmax, ymax] in pixels; without them one
    box, the whole image), or a list of each.
    Returns `poses`: for each image and box: a list of {joint, point, score}; a point is [x, y] in
    pixels.

    threshold: leave out joints that score below this
    """

    task = "pose-estimation"
    model_class = "VitPoseForPoseEstimation"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_boxed_images)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, images, *, threshold: float = 0.0):
        boxes = [[self.corner_and_size(box) for box in asked.boxes] for asked in images]
        inputs = self.processor([asked.image for asked in images], boxes=boxes, return_tensors="pt")
        outputs = self.model(**inputs.to(self.device))
        found = self.processor.post_process_pose_estimation(outputs, boxes, threshold=threshold)
        return {"poses": [[self.named(pose) for pose in poses] for poses in found]}

    def corner_and_size(self, box):
        left, top, right, bottom = box
        return [left, top, right - left, bottom - top]

    def named(self, pose):
        names = self.model.config.id2label
        rows = zip(pose["labels"], pose["keypoints"], pose["scores"], strict=True)
        return [
            {"joint": names[label.item()], "point": point.tolist(), "score": score.item()}
            for label, point, score in rows
        ]


class hf_vitpose(Skillset):
    """ViTPose, loaded by path and called through the host's convention."""

    handlers = (PoseEstimation,)
