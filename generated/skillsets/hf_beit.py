"""BEiT: load a `beit` checkpoint and answer requests about images.

Generated from specs/models/beit.yaml and specs/overlays/beit.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:beit`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "microsoft/beit-base-patch16-224-pt22k"
ARCHITECTURE = "beit"
TASK_TYPE = "image-segmentation"


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
    model_class = "BeitForSemanticSegmentation"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
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


class ImageClassification(Handler):
    """Give an image a label and a score.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first.

    top_k: how many labels to return for each image
    """

    task = "image-classification"
    model_class = "BeitForImageClassification"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images, *, top_k: int = 5):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "BeitModel"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
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
    model_class = "BeitBackbone"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        stages = self.model(**inputs).feature_maps
        return {"feature_maps": [[stage[i].tolist() for stage in stages] for i in range(len(images))]}


class hf_beit(Skillset):
    """BEiT, loaded by path and called through the host's convention."""

    handlers = (
        ImageSegmentation,
        ImageClassification,
        ImageFeatureExtraction,
        ImageFeatureMaps,
    )
