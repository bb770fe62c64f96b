"""Sam3LiteText: load a `sam3_lite_text` checkpoint and answer requests about images.

Generated from specs/models/sam3_lite_text.yaml and specs/overlays/sam3_lite_text.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:sam3_lite_text`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_named_images

MODEL_ID = "yonigozlan/sam3-litetext-s0"
ARCHITECTURE = "sam3_lite_text"
TASK_TYPE = "concept-segmentation"


class ConceptSegmentation(Handler):
    """Outline everything in an image that a few words name.

    Takes an image and the words for what is looked for in it, or a list of each.
    Returns `objects`: for each image: a list of {score, box, mask}; a box is [xmin, ymin, xmax, ymax]
    in pixels, a mask a map of booleans, shape (height, width).

    threshold: leave out what scores below this
    mask_threshold: a pixel belongs to an object if it is at least so likely
    """

    task = "concept-segmentation"
    model_class = "Sam3LiteTextModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_named_images)

    def answer(self, images, *, threshold: float = 0.3, mask_threshold: float = 0.5):
        inputs = self.processor(
            images=[asked.image for asked in images],
            text=[asked.text for asked in images],
            return_tensors="pt",
        ).to(self.device)
        found = self.processor.post_process_instance_segmentation(
            self.model(**inputs),
            threshold=threshold,
            mask_threshold=mask_threshold,
            target_sizes=[(asked.image.height, asked.image.width) for asked in images],
        )
        return {"objects": [self.listed(objects) for objects in found]}

    def listed(self, objects):
        rows = zip(objects["scores"], objects["boxes"], objects["masks"], strict=True)
        return [
            {"score": score.item(), "box": box.tolist(), "mask": mask.bool().tolist()}
            for score, box, mask in rows
        ]


class hf_sam3_lite_text(Skillset):
    """Sam3LiteText, loaded by path and called through the host's convention."""

    handlers = (ConceptSegmentation,)
