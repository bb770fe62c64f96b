"""RecurrentGemma: load a `recurrent_gemma` checkpoint and answer prompts.

Generated from specs/models/recurrent_gemma.yaml and specs/overlays/recurrent_gemma.yaml
by templates/skillsets/text_generation.py.j2.
Change those and run `doit generate:recurrent_gemma`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "google/recurrentgemma-2b"
ARCHITECTURE = "recurrent_gemma"
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
    model_class = "RecurrentGemmaForCausalLM"
    processor_class = "AutoTokenizer"
    processor_options = {"padding_side": "left"}
    read = staticmethod(read_texts)
    batch_size = 1  # padding a batch would change the answers of this model
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
    model_class = "RecurrentGemmaModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # padding a batch would change the answers of this model
    unread = ("pooler",)

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts)
        hidden = self.model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        embedding = (hidden * mask).sum(1) / mask.sum(1)
        return {"embedding": embedding.tolist()}


class hf_recurrent_gemma(Skillset):
    """RecurrentGemma, loaded by path and called through the host's convention."""

    handlers = (
        TextGeneration,
        FeatureExtraction,
    )

    unsupported = {
        "onnx": "its layers keep their state in their modules, where an exported program cannot leave it",
        "openvino": "its layers keep their state in their modules, where an exported program cannot leave it",
        "qualcomm": "its layers keep their state in their modules, where an exported program cannot leave it",
        "webgpu": "its layers keep their state in their modules, where an exported program cannot leave it",
        "webnn": "its layers keep their state in their modules, where an exported program cannot leave it",
    }
