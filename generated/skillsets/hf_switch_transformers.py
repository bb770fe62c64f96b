"""Switch Transformers: load a `switch_transformers` checkpoint and answer texts with texts.

Generated from specs/models/switch_transformers.yaml and specs/overlays/switch_transformers.yaml
by templates/skillsets/text2text_generation.py.j2.
Change those and run `doit generate:switch_transformers`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "google/switch-base-8"
ARCHITECTURE = "switch_transformers"
TASK_TYPE = "text2text-generation"


class Text2textGeneration(Handler):
    """Turn a text into another, as in translation and summaries.

    Takes a text or a list of texts.
    Returns `text`: the text written for each input.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "text2text-generation"
    model_class = "SwitchTransformersForConditionalGeneration"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    draws = True

    def answer(
        self,
        texts: list[str],
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.tokenized(texts)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text or a list of texts.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "SwitchTransformersModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts)
        hidden = self.model.get_encoder()(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        embedding = (hidden * mask).sum(1) / mask.sum(1)
        return {"embedding": embedding.tolist()}


class hf_switch_transformers(Skillset):
    """Switch Transformers, loaded by path and called through the host's convention."""

    handlers = (
        Text2textGeneration,
        FeatureExtraction,
    )

    unsupported = {
        "onnx": "its router assigns a module in its forward, which torch.export does not take",
        "openvino": "its router assigns a module in its forward, which torch.export does not take",
        "qualcomm": "its router assigns a module in its forward, which torch.export does not take",
        "webgpu": "its router assigns a module in its forward, which torch.export does not take",
        "webnn": "its router assigns a module in its forward, which torch.export does not take",
    }
