"""PPChart2Table: load a `pp_chart2table` checkpoint and answer requests about images and texts.

Generated from specs/models/pp_chart2table.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:pp_chart2table`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.inputs import read_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "PaddlePaddle/PP-Chart2Table_safetensors"
ARCHITECTURE = "pp_chart2table"
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
    model_class = "GotOcr2ForConditionalGeneration"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
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


class hf_pp_chart2table(Skillset):
    """PPChart2Table, loaded by path and called through the host's convention."""

    handlers = (ImageTextToText,)
