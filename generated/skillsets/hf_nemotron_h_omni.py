"""NemotronH_Omni_Reasoning_V3_: load a `nemotron_h_omni` checkpoint and answer requests about images and texts.

Generated from specs/models/nemotron_h_omni.yaml and specs/overlays/nemotron_h_omni.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:nemotron_h_omni`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.inputs import read_any_prompts, read_prompts, read_spoken_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "nvidia/Nemotron-3-Nano-Omni-30B-A3B-Reasoning-BF16"
ARCHITECTURE = "nemotron_h_omni"
TASK_TYPE = "image-text-to-text"


class ImageTextToText(PromptHandler):
    """Answer a prompt about one or several images.

    Takes a text and its image or images, or a list of each.
    Returns `text`: the text written for each prompt.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "image-text-to-text"
    model_class = "NemotronH_Omni_Reasoning_V3"
    processor_class = "AutoProcessor"
    read = staticmethod(read_prompts)
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
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.written(tokens, inputs["input_ids"])}


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
    model_class = "NemotronH_Omni_Reasoning_V3"
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
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.written(tokens, inputs["input_ids"])}


class AudioTextToText(PromptHandler):
    """Answer a prompt about one or several recordings.

    Takes a text and its recording or recordings, or a list of each.
    Returns `text`: the text written for each prompt.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "audio-text-to-text"
    model_class = "NemotronH_Omni_Reasoning_V3"
    processor_class = "AutoProcessor"
    read = staticmethod(read_spoken_prompts)
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
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.written(tokens, inputs["input_ids"])}


class hf_nemotron_h_omni(Skillset):
    """NemotronH_Omni_Reasoning_V3_, loaded by path and called through the host's convention."""

    handlers = (
        ImageTextToText,
        AnyToAny,
        AudioTextToText,
    )
