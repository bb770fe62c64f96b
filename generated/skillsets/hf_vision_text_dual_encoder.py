"""VisionTextDualEncoder: load a `vision-text-dual-encoder` checkpoint and answer requests about texts.

Generated from specs/models/vision-text-dual-encoder.yaml and specs/overlays/vision-text-dual-encoder.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:vision-text-dual-encoder`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, samples
from skillset_runtime.inputs import read_texts_or_images

MODEL_ID = "clip-italian/clip-italian"
ARCHITECTURE = "vision-text-dual-encoder"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text, an image or a list of either.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "VisionTextDualEncoderModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_texts_or_images)

    def example(self):
        return {"text": samples.TEXT}

    def answer(self, items):
        if isinstance(items[0], str):
            features = self.model.get_text_features(**self.tokenized(items, padding=self.label_padding))
        else:
            inputs = self.processor(images=items, return_tensors="pt")
            features = self.model.get_image_features(**inputs.to(self.device))
        return {"embedding": features.pooler_output.tolist()}


class hf_vision_text_dual_encoder(Skillset):
    """VisionTextDualEncoder, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
