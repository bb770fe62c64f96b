"""SegGpt: load a `seggpt` checkpoint and answer requests about images.

Generated from specs/models/seggpt.yaml and specs/overlays/seggpt.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:seggpt`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_images_with_examples

MODEL_ID = "BAAI/seggpt-vit-large"
ARCHITECTURE = "seggpt"
TASK_TYPE = "example-segmentation"


class ExampleSegmentation(Handler):
    """Outline in an image what is outlined in an example.

    Takes an image, an example image and its mask, which is bright where something is outlined; or a list of each.
    Returns `mask`: for each image: a map of booleans, shape (height, width).

    threshold: how brightly a pixel must be painted to belong to it, from 1 to 255
    """

    task = "example-segmentation"
    model_class = "SegGptForImageSegmentation"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images_with_examples)

    def answer(self, images, *, threshold: int = 128):
        inputs = self.processor(
            images=[asked.image for asked in images],
            prompt_images=[asked.example for asked in images],
            prompt_masks=[asked.mask for asked in images],
            return_tensors="pt",
        ).to(self.device)
        sizes = [(asked.image.height, asked.image.width) for asked in images]
        painted = self.processor.post_process_semantic_segmentation(self.model(**inputs), sizes)
        return {"mask": [(brightness >= threshold).tolist() for brightness in painted]}


class hf_seggpt(Skillset):
    """SegGpt, loaded by path and called through the host's convention."""

    handlers = (ExampleSegmentation,)
