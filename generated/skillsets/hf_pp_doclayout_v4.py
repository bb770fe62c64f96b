"""PPDocLayoutV4: load a `pp_doclayout_v4` checkpoint and answer requests about images.

Generated from specs/models/pp_doclayout_v4.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:pp_doclayout_v4`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "PaddlePaddle/PP-DocLayoutV4_safetensors"
ARCHITECTURE = "pp_doclayout_v4"
TASK_TYPE = "object-detection"


class ObjectDetection(Handler):
    """Find the objects in an image, with a label, a score and a box for each.

    Takes an image or a list of images.
    Returns `objects`: for each image: a list of {label, score, box}; a box is [xmin, ymin, xmax, ymax]
    in pixels; of a slanted box there are also its corners, [x, y] each.

    threshold: leave out what scores below this
    """

    task = "object-detection"
    model_class = "PPDocLayoutV4ForObjectDetection"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, images, *, threshold: float = 0.5):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        outputs = self.model(**inputs)
        sizes = self.torch.tensor([(image.height, image.width) for image in images])
        found = self.processor.post_process_object_detection(outputs, threshold=threshold, target_sizes=sizes)
        return {"objects": [self.named(objects) for objects in found]}

    def named(self, objects):
        names = self.model.config.id2label
        rows = zip(objects["labels"], objects["scores"], objects["boxes"], strict=True)
        return [
            {"label": names[label.item()], "score": score.item(), "box": box.tolist()}
            for label, score, box in rows
        ]


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "PPDocLayoutV4Model"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_pp_doclayout_v4(Skillset):
    """PPDocLayoutV4, loaded by path and called through the host's convention."""

    handlers = (
        ObjectDetection,
        ImageFeatureExtraction,
    )
