"""PPFormulaNet: load a `pp_formulanet` checkpoint and answer requests about images and texts.

Generated from specs/models/pp_formulanet.yaml and specs/overlays/pp_formulanet.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:pp_formulanet`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "PaddlePaddle/PP-FormulaNet_plus-L_safetensors"
ARCHITECTURE = "pp_formulanet"
TASK_TYPE = "image-to-text"


class ImageToText(Handler):
    """Describe an image, or write down what it says.

    Takes an image or a list of images.
    Returns `text`: the text written for each image.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "image-to-text"
    model_class = "PPFormulaNetForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_images)
    draws = True

    def answer(
        self,
        images,
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.processor(images=images, return_tensors="pt").to(self.device)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class hf_pp_formulanet(Skillset):
    """PPFormulaNet, loaded by path and called through the host's convention."""

    handlers = (ImageToText,)
