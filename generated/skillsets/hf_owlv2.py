"""OWLv2: load a `owlv2` checkpoint and answer requests about images.

Generated from specs/models/owlv2.yaml and specs/overlays/owlv2.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:owlv2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, samples
from skillset_runtime.inputs import read_images, read_texts, read_texts_or_images

MODEL_ID = "google/owlv2-base-patch16"
ARCHITECTURE = "owlv2"
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
    model_class = "Owlv2ForObjectDetection"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
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


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text, an image or a list of either.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "Owlv2Model"
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


class hf_owlv2(Skillset):
    """OWLv2, loaded by path and called through the host's convention."""

    handlers = (
        ZeroShotObjectDetection,
        FeatureExtraction,
    )
