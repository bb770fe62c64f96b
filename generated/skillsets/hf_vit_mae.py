"""ViTMAE: load a `vit_mae` checkpoint and answer requests about images.

Generated from specs/models/vit_mae.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:vit_mae`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "facebook/vit-mae-base"
ARCHITECTURE = "vit_mae"
TASK_TYPE = "image-feature-extraction"


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "ViTMAEModel"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def __init__(self, *loaded):
        super().__init__(*loaded)
        self.model.config.mask_ratio = 0.0  # a vector of an image needs all of its patches

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        order = self.torch.arange(self.model.embeddings.patch_embeddings.num_patches, device=self.device)
        features = self.model(**inputs, noise=order.expand(len(images), -1)).last_hidden_state
        return {"embedding": features.mean(1).tolist()}


class hf_vit_mae(Skillset):
    """ViTMAE, loaded by path and called through the host's convention."""

    handlers = (ImageFeatureExtraction,)
