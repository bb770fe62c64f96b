"""OmDet-Turbo: load a `omdet-turbo` checkpoint and answer requests about images.

Generated from specs/models/omdet-turbo.yaml and specs/overlays/omdet-turbo.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:omdet-turbo`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images, read_texts

MODEL_ID = "omlab/omdet-turbo-swin-tiny-hf"
ARCHITECTURE = "omdet-turbo"
TASK_TYPE = "zero-shot-object-detection"


class ZeroShotObjectDetection(Handler):
    """Find in an image the objects that some texts name.

    Takes an image or a list of images.
    Returns `objects`: for each image: a list of {label, score, box}; a box is [xmin, ymin, xmax, ymax]
    in pixels.

    candidate_labels: the texts to look for
    threshold: leave out what scores below this
    """

    task = "zero-shot-object-detection"
    model_class = "OmDetTurboForObjectDetection"
    processor_class = "AutoProcessor"
    read = staticmethod(read_images)

    def example(self):
        return {**super().example(), "candidate_labels": ["a cat", "a house"]}

    def answer(self, images, *, candidate_labels: list, threshold: float = 0.1):
        labels = read_texts(candidate_labels)
        asked = [labels] * len(images)
        inputs = self.processor(images=images, text=asked, return_tensors="pt").to(self.device)
        found = self.processor.post_process_grounded_object_detection(
            self.model(**inputs),
            threshold=threshold,
            target_sizes=[(image.height, image.width) for image in images],
            text_labels=asked,
        )
        return {"objects": [self.named(objects) for objects in found]}

    def named(self, objects):
        # Where nothing is found, the processor gives one label all the same.
        rows = zip(objects["text_labels"], objects["scores"], objects["boxes"], strict=False)
        return [{"label": label, "score": score.item(), "box": box.tolist()} for label, score, box in rows]


class hf_omdet_turbo(Skillset):
    """OmDet-Turbo, loaded by path and called through the host's convention."""

    handlers = (ZeroShotObjectDetection,)
