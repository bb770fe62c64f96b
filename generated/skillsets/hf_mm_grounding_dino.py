"""MM Grounding DINO: load a `mm-grounding-dino` checkpoint and answer requests about images.

Generated from specs/models/mm-grounding-dino.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:mm-grounding-dino`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images, read_prompts, read_texts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "openmmlab-community/mm_grounding_dino_tiny_o365v1_goldg_v3det"
ARCHITECTURE = "mm-grounding-dino"
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
    model_class = "MMGroundingDinoForObjectDetection"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model

    def example(self):
        return {**super().example(), "candidate_labels": ["a cat", "a house"]}

    def answer(self, images, *, candidate_labels: list, threshold: float = 0.1):
        labels = read_texts(candidate_labels)
        asked = [labels] * len(images)
        inputs = self.processor(images=images, text=asked, padding=True, return_tensors="pt").to(self.device)
        found = self.processor.post_process_grounded_object_detection(
            self.model(**inputs),
            input_ids=inputs["input_ids"],
            text_threshold=threshold,
            threshold=threshold,
            target_sizes=[(image.height, image.width) for image in images],
            text_labels=asked,
        )
        return {"objects": [self.named(objects) for objects in found]}

    def named(self, objects):
        # Where nothing is found, the processor gives one label all the same.
        rows = zip(objects["text_labels"], objects["scores"], objects["boxes"], strict=False)
        return [{"label": label, "score": score.item(), "box": box.tolist()} for label, score, box in rows]


class FeatureExtraction(PromptHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text and its image or images, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "MMGroundingDinoModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_prompts)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, prompts):
        inputs = self.prompted(prompts)
        return {"embedding": self.model(**inputs).last_hidden_state.mean(1).tolist()}


class hf_mm_grounding_dino(Skillset):
    """MM Grounding DINO, loaded by path and called through the host's convention."""

    handlers = (
        ZeroShotObjectDetection,
        FeatureExtraction,
    )
