"""MGP-STR: load a `mgp-str` checkpoint and answer requests about images.

Generated from specs/models/mgp-str.yaml and specs/overlays/mgp-str.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:mgp-str`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "alibaba-damo/mgp-str-base"
ARCHITECTURE = "mgp-str"
TASK_TYPE = "text-recognition"


class TextRecognition(Handler):
    """Read the line of text that an image shows.

    Takes an image or a list of images.
    Returns `text`: for each image: the line.
    Returns `score`: for each image: how sure the model is of it.
    """

    task = "text-recognition"
    model_class = "MgpstrForSceneTextRecognition"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images):
        inputs = self.processor(images=images, return_tensors="pt").to(self.device)
        characters = self.model(**inputs).logits[0].softmax(-1)
        lines = [self.line(places[1:].max(-1)) for places in characters]
        return {"text": [text for text, _ in lines], "score": [score for _, score in lines]}

    def line(self, best):
        """The likeliest characters up to the end mark, and how likely they are together."""
        tokenizer, ids = self.processor.tokenizer, best.indices.tolist()
        end = ids.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in ids else len(ids)
        return "".join(tokenizer.convert_ids_to_tokens(ids[:end])), best.values[: end + 1].prod().item()


class hf_mgp_str(Skillset):
    """MGP-STR, loaded by path and called through the host's convention."""

    handlers = (TextRecognition,)
