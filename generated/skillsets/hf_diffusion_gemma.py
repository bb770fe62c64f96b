"""DiffusionGemma: load a `diffusion_gemma` checkpoint and answer requests about texts.

Generated from specs/models/diffusion_gemma.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:diffusion_gemma`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.inputs import read_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "google/diffusiongemma-26B-A4B-it"
ARCHITECTURE = "diffusion_gemma"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(PromptHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text and its image or images, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "DiffusionGemmaModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_prompts)

    def answer(self, prompts):
        inputs = self.prompted(prompts)
        mask = inputs["attention_mask"].unsqueeze(-1)
        hidden = self.model.get_encoder()(**inputs).last_hidden_state
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class hf_diffusion_gemma(Skillset):
    """DiffusionGemma, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
