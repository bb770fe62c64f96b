"""EoMT: load a `eomt` checkpoint and answer requests about images.

Generated from specs/models/eomt.yaml and specs/overlays/eomt.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:eomt`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "tue-mps/coco_panoptic_eomt_large_640"
ARCHITECTURE = "eomt"
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
    model_class = "EomtForUniversalSegmentation"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model

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


class hf_eomt(Skillset):
    """EoMT, loaded by path and called through the host's convention."""

    handlers = (ImageSegmentation,)

    unsupported = {
        "onnx": "it branches on values of a buffer, attn_mask_probs, which torch.export does not take",
        "openvino": "it branches on values of a buffer, attn_mask_probs, which torch.export does not take",
        "qualcomm": "it branches on values of a buffer, attn_mask_probs, which torch.export does not take",
        "webgpu": "it branches on values of a buffer, attn_mask_probs, which torch.export does not take",
        "webnn": "it branches on values of a buffer, attn_mask_probs, which torch.export does not take",
    }
