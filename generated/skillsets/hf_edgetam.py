"""EdgeTAM: load a `edgetam` checkpoint and answer requests about images.

Generated from specs/models/edgetam.yaml and specs/overlays/edgetam.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:edgetam`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images
from skillset_runtime.vision_inputs import read_pointed_images

MODEL_ID = "yonigozlan/EdgeTAM-hf"
ARCHITECTURE = "edgetam"
TASK_TYPE = "mask-generation"


class MaskGeneration(Handler):
    """Outline the object at some points of an image, or within a box.

    Takes an image, with points of the object ([x, y] in pixels), points beside it, or a box around it
    ([xmin, ymin, xmax, ymax]); or a list of images with a list of each.
    Returns `masks`: for each image: the candidate masks, best first, each a map of booleans, shape
    (height, width).
    Returns `scores`: for each image: how well each mask is thought to fit.

    mask_threshold: a pixel belongs to the object if its logit is above this
    """

    task = "mask-generation"
    model_class = "EdgeTamModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_pointed_images)
    batch_size = 1  # images with more or fewer points than others would be padded with points

    def answer(self, images, *, mask_threshold: float = 0.0):
        (asked,) = images
        inputs = self.processor(images=asked.image, **asked.prompts, return_tensors="pt").to(
            self.device, self.torch.float32
        )  # points come in float64, which not every device has
        outputs = self.model(**inputs)
        sizes = {name: inputs[name] for name in ("original_sizes", "reshaped_input_sizes") if name in inputs}
        (masks,) = self.processor.post_process_masks(
            outputs.pred_masks, mask_threshold=mask_threshold, **sizes
        )
        scores, order = outputs.iou_scores[0, 0].sort(descending=True)
        return {"masks": [masks[0, order].tolist()], "scores": [scores.tolist()]}


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "EdgeTamModel"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        maps = self.model.get_image_embeddings(inputs["pixel_values"])
        if isinstance(maps, list):  # one for each resolution, the coarsest last
            maps = maps[-1]
        elif isinstance(maps, tuple):  # those of layers between come after
            maps = maps[0]
        return {"embedding": maps.flatten(2).mean(-1).tolist()}


class hf_edgetam(Skillset):
    """EdgeTAM, loaded by path and called through the host's convention."""

    handlers = (
        MaskGeneration,
        ImageFeatureExtraction,
    )
