"""GlmImage: load a `glm_image` checkpoint and answer requests about texts.

Generated from specs/models/glm_image.yaml and specs/overlays/glm_image.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:glm_image`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.inputs import read_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "zai-org/GLM-Image"
ARCHITECTURE = "glm_image"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(PromptHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text and its image or images, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "GlmImageModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_prompts)

    def answer(self, prompts):
        inputs = self.prompted(prompts)
        mask = inputs["attention_mask"].unsqueeze(-1)
        hidden = self.model(**inputs).last_hidden_state[:, : mask.shape[1]]
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class hf_glm_image(Skillset):
    """GlmImage, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
