"""VisualBERT: load a `visual_bert` checkpoint and answer requests about texts.

Generated from specs/models/visual_bert.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:visual_bert`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "uclanlp/visualbert-vqa-coco-pre"
ARCHITECTURE = "visual_bert"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text or a list of texts.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "VisualBertModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    unread = ("pooler",)

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts)
        hidden = self.model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        embedding = (hidden * mask).sum(1) / mask.sum(1)
        return {"embedding": embedding.tolist()}


class hf_visual_bert(Skillset):
    """VisualBERT, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
