"""DeepseekV32: load a `deepseek_v32` checkpoint and answer prompts.

Generated from specs/models/deepseek_v32.yaml and specs/overlays/deepseek_v32.yaml
by templates/skillsets/text_generation.py.j2.
Change those and run `doit generate:deepseek_v32`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, handler_factory, initializer
from skillset_runtime.inputs import read_texts

MODEL_ID = "deepseek-ai/DeepSeek-V3.2-Exp"
ARCHITECTURE = "deepseek_v32"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text or a list of texts.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "DeepseekV32Model"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    unread = ("pooler",)

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts)
        hidden = self.model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        embedding = (hidden * mask).sum(1) / mask.sum(1)
        return {"embedding": embedding.tolist()}


class hf_deepseek_v32(Skillset):
    """DeepseekV32, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)

    init_cpu = initializer("cpu")
    create_cpu_feature_extraction_endpoint_handler = handler_factory("cpu", FeatureExtraction)
