"""DPR: load a `dpr` checkpoint and answer requests about texts.

Generated from specs/models/dpr.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:dpr`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "facebook/dpr-ctx_encoder-single-nq-base"
ARCHITECTURE = "dpr"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text or a list of texts.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "DPRQuestionEncoder"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)

    def answer(self, texts: list[str]):
        return {"embedding": self.model(**self.tokenized(texts)).pooler_output.tolist()}


class hf_dpr(Skillset):
    """DPR, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
