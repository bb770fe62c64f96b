"""ConvNeXt V2: load a `convnextv2` checkpoint and answer requests about images.

Generated from specs/models/convnextv2.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:convnextv2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "facebook/convnextv2-tiny-1k-224"
ARCHITECTURE = "convnextv2"
TASK_TYPE = "image-classification"


class ImageClassification(Handler):
    """Give an image a label and a score.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first.

    top_k: how many labels to return for each image
    """

    task = "image-classification"
    model_class = "ConvNextV2ForImageClassification"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model

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
    model_class = "ConvNextV2Model"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model
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
    model_class = "ConvNextV2Backbone"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        stages = self.model(**inputs).feature_maps
        return {"feature_maps": [[stage[i].tolist() for stage in stages] for i in range(len(images))]}


class hf_convnextv2(Skillset):
    """ConvNeXt V2, loaded by path and called through the host's convention."""

    handlers = (
        ImageClassification,
        ImageFeatureExtraction,
        ImageFeatureMaps,
    )
