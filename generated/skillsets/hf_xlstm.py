"""xLSTM: load a `xlstm` checkpoint and answer prompts.

Generated from specs/models/xlstm.yaml and specs/overlays/xlstm.yaml
by templates/skillsets/text_generation.py.j2.
Change those and run `doit generate:xlstm`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "NX-AI/xLSTM-7b"
ARCHITECTURE = "xlstm"
TASK_TYPE = "text-generation"


class TextGeneration(Handler):
    """Continue a prompt.

    Takes a prompt or a list of prompts.
    Returns `text`: the continuation of each prompt.

    max_new_tokens: how many tokens to add at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "text-generation"
    model_class = "xLSTMForCausalLM"
    processor_class = "AutoTokenizer"
    processor_options = {"padding_side": "left"}
    read = staticmethod(read_texts)
    batch_size = 1  # the model takes no mask that would hide padding
    draws = True

    def answer(
        self,
        texts: list[str],
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.tokenized(texts, return_attention_mask=False)
        self.check_room(inputs, max_new_tokens)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        written = tokens[:, inputs["input_ids"].shape[1] :]
        return {"text": self.processor.batch_decode(written, skip_special_tokens=True)}


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text or a list of texts.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "xLSTMModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # the model takes no mask that would hide padding
    unread = ("pooler",)

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts, return_attention_mask=False)
        hidden = self.model(**inputs).last_hidden_state
        embedding = hidden.mean(1)
        return {"embedding": embedding.tolist()}


class hf_xlstm(Skillset):
    """xLSTM, loaded by path and called through the host's convention."""

    handlers = (
        TextGeneration,
        FeatureExtraction,
    )

    unsupported = {
        "mps": "its generate in transformers 5.23 fails on Metal, since what it keeps of past tokens is no Cache"
    }
