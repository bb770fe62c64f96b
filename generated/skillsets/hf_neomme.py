"""NeoMME: load a `neomme` checkpoint and answer requests about texts.

Generated from specs/models/neomme.yaml and specs/overlays/neomme.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:neomme`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset, samples
from skillset_runtime.inputs import read_texts, read_texts_or_images

MODEL_ID = "Hcompany/NeoMME-260M"
ARCHITECTURE = "neomme"
TASK_TYPE = "fill-mask"


class FillMask(Handler):
    """Rank the tokens that could stand at the mask of a sentence.

    Takes a text with a mask token, or a list of texts.
    Returns `fills`: for each text, for each mask: a list of {token, token_id, score}, best first.

    top_k: how many tokens to return for each mask
    """

    task = "fill-mask"
    model_class = "NeoMMEForMaskedLM"
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


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text, an image or a list of either.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "NeoMMEModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_texts_or_images)

    def example(self):
        return {"text": samples.TEXT}

    def answer(self, items):
        if isinstance(items[0], str):
            inputs = self.tokenized(items)
        else:
            inputs = self.processor(images=items, padding=True, return_tensors="pt").to(self.device)
        hidden = self.model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class hf_neomme(Skillset):
    """NeoMME, loaded by path and called through the host's convention."""

    handlers = (
        FillMask,
        FeatureExtraction,
    )
