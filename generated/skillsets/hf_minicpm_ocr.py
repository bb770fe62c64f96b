"""MiniCPMOcr: load a `minicpm_ocr` checkpoint and answer requests about images and texts.

Generated from specs/models/minicpm_ocr.yaml and specs/overlays/minicpm_ocr.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:minicpm_ocr`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.inputs import read_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "openbmb/MiniCPM-OCR-1.0"
ARCHITECTURE = "minicpm_ocr"
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
    model_class = "MiniCPMOcrForConditionalGeneration"
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


class FeatureExtraction(PromptHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text and its image or images, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "MiniCPMOcrModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_prompts)

    def answer(self, prompts):
        inputs = self.prompted(prompts)
        mask = inputs["attention_mask"].unsqueeze(-1)
        hidden = self.model(**inputs).last_hidden_state[:, : mask.shape[1]]
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class hf_minicpm_ocr(Skillset):
    """MiniCPMOcr, loaded by path and called through the host's convention."""

    handlers = (
        ImageTextToText,
        FeatureExtraction,
    )
