"""ViTMatte: load a `vitmatte` checkpoint and answer requests about images.

Generated from specs/models/vitmatte.yaml and specs/overlays/vitmatte.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:vitmatte`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_images_and_trimaps

MODEL_ID = "hustvl/vitmatte-small-composition-1k"
ARCHITECTURE = "vitmatte"
TASK_TYPE = "image-matting"


class ImageMatting(Handler):
    """Say for each pixel of an image how much of it is foreground.

    Takes an image and its trimap (white foreground, black background, grey in doubt), or a list of
    each.
    Returns `alpha`: for each image: the share of the foreground, from 0 to 1, shape (height, width).
    """

    task = "image-matting"
    model_class = "VitMatteForImageMatting"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images_and_trimaps)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, pairs):
        images, trimaps = zip(*pairs, strict=True)
        inputs = self.processor(list(images), trimaps=list(trimaps), return_tensors="pt").to(self.device)
        made = self.model(**inputs).alphas[:, 0]
        return {
            "alpha": [
                alpha[: image.height, : image.width].tolist()
                for alpha, image in zip(made, images, strict=True)
            ]
        }


class hf_vitmatte(Skillset):
    """ViTMatte, loaded by path and called through the host's convention."""

    handlers = (ImageMatting,)
