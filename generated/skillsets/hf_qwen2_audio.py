"""Qwen2Audio: load a `qwen2_audio` checkpoint and answer requests about images and texts.

Generated from specs/models/qwen2_audio.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:qwen2_audio`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.inputs import read_spoken_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "Qwen/Qwen2-Audio-7B"
ARCHITECTURE = "qwen2_audio"
TASK_TYPE = "audio-text-to-text"


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
    model_class = "Qwen2AudioForConditionalGeneration"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_spoken_prompts)
    draws = True
    audio_token = "<|AUDIO|>"

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


class hf_qwen2_audio(Skillset):
    """Qwen2Audio, loaded by path and called through the host's convention."""

    handlers = (AudioTextToText,)
