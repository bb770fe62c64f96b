"""Swin Transformer V2: load a `swinv2` checkpoint and answer requests about images.

Generated from specs/models/swinv2.yaml and specs/overlays/swinv2.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:swinv2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "microsoft/swinv2-tiny-patch4-window8-256"
ARCHITECTURE = "swinv2"
TASK_TYPE = "image-classification"


class ImageClassification(Handler):
    """Give an image a label and a score.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first.

    top_k: how many labels to return for each image
    """

    task = "image-classification"
    model_class = "Swinv2ForImageClassification"
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
    model_class = "Swinv2Model"
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
    model_class = "Swinv2Backbone"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        stages = self.model(**inputs).feature_maps
        return {"feature_maps": [[stage[i].tolist() for stage in stages] for i in range(len(images))]}


class MaskedImageModeling(Handler):
    """Fill in the parts of an image that are hidden.

    Takes an image or a list of images.
    Returns `image`: for each image: the model's picture of it, floats of shape (height, width,
    channels).
    Returns `mask`: for each image: whether a patch was hidden, shape (patches,).

    hidden: which share of the patches to hide
    pattern: which patches are hidden
    """

    task = "masked-image-modeling"
    model_class = "Swinv2ForMaskedImageModeling"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images, *, hidden: float = 0.5, pattern: int = 0):
        if not 0 < hidden < 1:
            raise InputError(f"hidden must be between 0 and 1, not {hidden}")
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        mask = self.mask(inputs["pixel_values"].shape[-2:], hidden, pattern)
        batch = mask.expand(len(images), -1).to(self.device)
        made = self.model(**inputs, bool_masked_pos=batch).reconstruction
        return {
            "image": [each.permute(1, 2, 0).tolist() for each in made],
            "mask": [mask.tolist() for _ in images],
        }

    def mask(self, size, hidden, pattern):
        """The same patches for every image: those with the lowest of random numbers."""
        count = (size[0] // self.model.config.patch_size) * (size[1] // self.model.config.patch_size)
        numbers = self.torch.rand(count, generator=self.torch.Generator().manual_seed(pattern))
        return numbers.argsort().argsort() < max(1, round(hidden * count))


class hf_swinv2(Skillset):
    """Swin Transformer V2, loaded by path and called through the host's convention."""

    handlers = (
        ImageClassification,
        ImageFeatureExtraction,
        ImageFeatureMaps,
        MaskedImageModeling,
    )
