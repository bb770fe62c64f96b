"""Sapiens2: load a `sapiens2` checkpoint and answer requests about images.

Generated from specs/models/sapiens2.yaml and specs/overlays/sapiens2.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:sapiens2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_images
from skillset_runtime.vision_inputs import read_boxed_images

MODEL_ID = "facebook/sapiens2-pretrain-0.4b"
ARCHITECTURE = "sapiens2"
TASK_TYPE = "normal-estimation"


class NormalEstimation(Handler):
    """Say for each pixel of an image which way its surface faces.

    Takes an image or a list of images.
    Returns `normals`: for each image: a map of unit vectors, shape (3, height, width).
    """

    task = "normal-estimation"
    model_class = "Sapiens2ForNormalEstimation"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        sizes = [(image.height, image.width) for image in images]
        found = self.processor.post_process_normal_estimation(self.model(**inputs), target_sizes=sizes)
        return {"normals": [each["normals"].tolist() for each in found]}


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "Sapiens2Model"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class ImageFeatureMaps(Handler):
    """Turn an image into maps of features, coarser from stage to stage.

    Takes an image or a list of images.
    Returns `feature_maps`: for each image: a map for each stage that the backbone gives, shape
    (channels, height, width).
    """

    task = "image-feature-maps"
    model_class = "Sapiens2Backbone"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        stages = self.model(**inputs).feature_maps
        return {"feature_maps": [[stage[i].tolist() for stage in stages] for i in range(len(images))]}


class ImageMatting(Handler):
    """Say for each pixel of an image how much of it is foreground.

    Takes an image or a list of images.
    Returns `alpha`: for each image: the share of the foreground, from 0 to 1, shape (height, width).
    """

    task = "image-matting"
    model_class = "Sapiens2ForImageMatting"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        found = self.processor.post_process_image_matting(
            self.model(**inputs), target_sizes=[(image.height, image.width) for image in images]
        )
        return {"alpha": [each["alpha"][0].tolist() for each in found]}


class ImageSegmentation(Handler):
    """Split an image into the things and kinds of things that it shows.

    Takes an image or a list of images.
    Returns `segments`: for each image: a list of {id, label, score}; the score of an area is the mean
    of its pixels, as the model counts.
    Returns `segmentation`: for each image: a map of ids, shape (height, width).

    subtask: panoptic, instance or semantic; without it, the first of them that the model can
    threshold: leave out things that score below this (not for semantic, where every pixel has a label)
    """

    task = "image-segmentation"
    model_class = "Sapiens2ForSemanticSegmentation"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)

    def answer(self, images, *, subtask: str | None = None, threshold: float = 0.5):
        subtask = subtask or self.subtasks[0]
        if subtask not in self.subtasks:
            raise InputError(f"subtask must be one of {', '.join(self.subtasks)}, not {subtask!r}")
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        outputs = self.model(**inputs)
        sizes = [(image.height, image.width) for image in images]
        if subtask == "semantic":
            found = self.processor.post_process_semantic_segmentation(
                outputs, target_sizes=sizes, return_segmentation_scores=True
            )
            segments = [self.areas(each["segmentation"], each["segmentation_scores"]) for each in found]
        else:
            post_process = getattr(self.processor, f"post_process_{subtask}_segmentation")
            found = post_process(outputs, threshold=threshold, target_sizes=sizes)
            segments = [self.things(each["segments_info"]) for each in found]
        return {
            "segments": segments,
            "segmentation": [each["segmentation"].int().tolist() for each in found],
        }

    @property
    def subtasks(self):
        """What the checkpoint's processor can make of the model's output."""
        names = ("panoptic", "instance", "semantic")
        return [name for name in names if hasattr(self.processor, f"post_process_{name}_segmentation")]

    def areas(self, labels, scores):
        """The labels of a map, with the mean score of each over the pixels that have it."""
        return [
            self.named(label, label, scores[label][labels == label].mean().item())
            for label in labels.unique().tolist()
        ]

    def things(self, found):
        return [self.named(each["id"], each["label_id"], each["score"]) for each in found]

    def named(self, segment, label, score):
        return {"id": segment, "label": self.model.config.id2label[label], "score": score}


class PointmapEstimation(Handler):
    """Say for each pixel of an image where in space it is.

    Takes an image or a list of images.
    Returns `pointmap`: for each image: a map of places (x, y, z), shape (3, height, width).
    """

    task = "pointmap-estimation"
    model_class = "Sapiens2ForPointmapEstimation"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        sizes = [(image.height, image.width) for image in images]
        found = self.processor.post_process_pointmap_estimation(self.model(**inputs), target_sizes=sizes)
        return {"pointmap": [each["pointmap"].tolist() for each in found]}


class PoseEstimation(Handler):
    """Find the joints of the people within some boxes of an image.

    Takes an image and the boxes of people in it ([xmin, ymin, xmax, ymax] in pixels; without them one
    box, the whole image), or a list of each.
    Returns `poses`: for each image and box: a list of {joint, point, score}; a point is [x, y] in
    pixels.

    threshold: leave out joints that score below this
    """

    task = "pose-estimation"
    model_class = "Sapiens2ForPoseEstimation"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_boxed_images)

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


class hf_sapiens2(Skillset):
    """Sapiens2, loaded by path and called through the host's convention."""

    handlers = (
        NormalEstimation,
        ImageFeatureExtraction,
        ImageFeatureMaps,
        ImageMatting,
        ImageSegmentation,
        PointmapEstimation,
        PoseEstimation,
    )
