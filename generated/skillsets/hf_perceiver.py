"""Perceiver: load a `perceiver` checkpoint and answer requests about texts.

Generated from specs/models/perceiver.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:perceiver`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_images, read_texts

MODEL_ID = "deepmind/language-perceiver"
ARCHITECTURE = "perceiver"
TASK_TYPE = "fill-mask"


class FillMask(Handler):
    """Rank the tokens that could stand at the mask of a sentence.

    Takes a text with a mask token, or a list of texts.
    Returns `fills`: for each text, for each mask: a list of {token, token_id, score}, best first.

    top_k: how many tokens to return for each mask
    """

    task = "fill-mask"
    model_class = "PerceiverForMaskedLM"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)

    def example(self):
        return {"text": f"The capital of France is {self.processor.mask_token}."}

    def answer(self, texts: list[str], *, top_k: int = 5):
        inputs = self.tokenized(texts)
        masks = inputs["input_ids"] == self.processor.mask_token_id
        if not masks.any(-1).all():
            raise InputError(f"each text needs a {self.processor.mask_token} for what is to be filled in")
        probabilities = self.model(**inputs).logits.softmax(-1)
        return {
            "fills": [
                [self.best_tokens(word, top_k) for word in words[mask.nonzero().flatten()]]
                for words, mask in zip(probabilities, masks, strict=True)
            ]
        }

    def best_tokens(self, probabilities, top_k):
        best = probabilities.topk(min(top_k, len(probabilities)))
        return [
            {"token": self.processor.decode([token_id]), "token_id": token_id, "score": score}
            for score, token_id in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        ]


class ImageClassification(Handler):
    """Give an image a label and a score.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first.

    top_k: how many labels to return for each image
    """

    task = "image-classification"
    model_class = "PerceiverForImageClassificationLearned"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images, *, top_k: int = 5):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class TextClassification(Handler):
    """Give a text a label and a score.

    Takes a text or a list of texts.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "PerceiverForSequenceClassification"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)

    def answer(self, texts: list[str], *, top_k: int = 1):
        inputs = self.tokenized(texts)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class hf_perceiver(Skillset):
    """Perceiver, loaded by path and called through the host's convention."""

    handlers = (
        FillMask,
        ImageClassification,
        TextClassification,
    )
