"""BridgeTower: load a `bridgetower` checkpoint and answer requests about texts.

Generated from specs/models/bridgetower.yaml and specs/overlays/bridgetower.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:bridgetower`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.inputs import read_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "BridgeTower/bridgetower-base"
ARCHITECTURE = "bridgetower"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(PromptHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text and its image or images, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "BridgeTowerModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_prompts)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, prompts):
        return {"embedding": self.model(**self.prompted(prompts)).pooler_output.tolist()}


class hf_bridgetower(Skillset):
    """BridgeTower, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
