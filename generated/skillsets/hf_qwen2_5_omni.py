"""Qwen2.5-Omni: load a `qwen2_5_omni` checkpoint and answer requests about images and texts.

Generated from specs/models/qwen2_5_omni.yaml and specs/overlays/qwen2_5_omni.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:qwen2_5_omni`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.inputs import read_any_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "Qwen/Qwen2.5-Omni-7B"
ARCHITECTURE = "qwen2_5_omni"
TASK_TYPE = "any-to-any"


class AnyToAny(PromptHandler):
    """Answer a prompt about images, recordings or both.

    Takes a text and its image or images, its recording or recordings, or both; or a list of each.
    Returns `text`: the text written for each prompt.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "any-to-any"
    model_class = "Qwen2_5OmniForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_any_prompts)
    draws = True

    def answer(
        self,
        prompts,
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.prompted(prompts)
        tokens = self.model.generate(
            **inputs,
            generation_mode="text",
            thinker_max_new_tokens=max_new_tokens,
            **self.sampling(temperature, top_p),
        )
        return {"text": self.written(tokens, inputs["input_ids"])}


class hf_qwen2_5_omni(Skillset):
    """Qwen2.5-Omni, loaded by path and called through the host's convention."""

    handlers = (AnyToAny,)
