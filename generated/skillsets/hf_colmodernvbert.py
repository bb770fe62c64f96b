"""ColModernVBert: load a `colmodernvbert` checkpoint and answer requests about images and texts.

Generated from specs/models/colmodernvbert.yaml and specs/overlays/colmodernvbert.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:colmodernvbert`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, samples
from skillset_runtime.inputs import read_texts_or_images

MODEL_ID = "ModernVBERT/colmodernvbert-merged"
ARCHITECTURE = "colmodernvbert"
TASK_TYPE = "retrieval"


class Retrieval(Handler):
    """Turn a question or the image of a page into the vectors that late interaction matches.

    Takes a question (text), the image of a page or a list of either.
    Returns `vectors`: for each text or image: a vector of floats for each of its tokens.
    """

    task = "retrieval"
    model_class = "ColModernVBertForRetrieval"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_texts_or_images)

    def example(self):
        return {"text": samples.TEXT}

    def answer(self, items):
        if isinstance(items[0], str):
            inputs = self.processor.process_queries(text=items, return_tensors="pt")
        else:
            inputs = self.processor.process_images(images=items, return_tensors="pt")
            inputs.pop("labels", None)
        inputs = inputs.to(self.device)
        vectors = self.model(**inputs).embeddings
        masks = inputs["attention_mask"].bool()
        return {"vectors": [row[mask].tolist() for row, mask in zip(vectors, masks, strict=True)]}


class hf_colmodernvbert(Skillset):
    """ColModernVBert, loaded by path and called through the host's convention."""

    handlers = (Retrieval,)
