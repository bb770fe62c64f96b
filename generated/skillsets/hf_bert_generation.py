"""BertGeneration: load a `bert-generation` checkpoint and answer prompts.

Generated from specs/models/bert-generation.yaml and specs/overlays/bert-generation.yaml
by templates/skillsets/text_generation.py.j2.
Change those and run `doit generate:bert-generation`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "google/bert_for_seq_generation_L-24_bbc_encoder"
ARCHITECTURE = "bert-generation"
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
    model_class = "BertGenerationDecoder"
    processor_class = "AutoTokenizer"
    processor_options = {"padding_side": "left"}
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
    model_class = "BertGenerationEncoder"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    unread = ("pooler",)

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts)
        hidden = self.model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        embedding = (hidden * mask).sum(1) / mask.sum(1)
        return {"embedding": embedding.tolist()}


class hf_bert_generation(Skillset):
    """BertGeneration, loaded by path and called through the host's convention."""

    handlers = (
        TextGeneration,
        FeatureExtraction,
    )
