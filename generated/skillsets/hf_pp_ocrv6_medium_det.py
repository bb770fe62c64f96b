"""PPOCRV6MediumDet: load a `pp_ocrv6_medium_det` checkpoint and answer requests about images.

Generated from specs/models/pp_ocrv6_medium_det.yaml and specs/overlays/pp_ocrv6_medium_det.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:pp_ocrv6_medium_det`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "PaddlePaddle/PP-OCRv6_medium_det_safetensors"
ARCHITECTURE = "pp_ocrv6_medium_det"
TASK_TYPE = "object-detection"


class ObjectDetection(Handler):
    """Find the objects in an image, with a label, a score and a box for each.

    Takes an image or a list of images.
    Returns `objects`: for each image: a list of {label, score, box}; a box is [xmin, ymin, xmax, ymax]
    in pixels; of a slanted box there are also its corners, [x, y] each.

    threshold: leave out what scores below this
    """

    task = "object-detection"
    model_class = "PPOCRV6MediumDetForObjectDetection"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # each image keeps a size of its own

    def answer(self, images, *, threshold: float = 0.5):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        sizes = self.torch.tensor([(image.height, image.width) for image in images])
        found = self.processor.post_process_object_detection(
            self.model(**inputs), target_sizes=sizes, box_threshold=threshold
        )
        return {"objects": [self.named(objects) for objects in found]}

    def named(self, objects):
        names = self.model.config.id2label
        rows = zip(objects["labels"], objects["scores"], objects["boxes"], strict=True)
        return [
            {
                "label": names[label.item()],
                "score": score.item(),
                "box": [*corners.amin(0).tolist(), *corners.amax(0).tolist()],
                "corners": corners.tolist(),
            }
            for label, score, corners in rows
        ]


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "PPOCRV6MediumDetModel"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_pp_ocrv6_medium_det(Skillset):
    """PPOCRV6MediumDet, loaded by path and called through the host's convention."""

    handlers = (
        ObjectDetection,
        ImageFeatureExtraction,
    )
