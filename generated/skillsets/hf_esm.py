"""ESM: load a `esm` checkpoint and answer requests about texts.

Generated from specs/models/esm.yaml and specs/overlays/esm.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:esm`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "facebook/esm-1b"
ARCHITECTURE = "esm"
TASK_TYPE = "fill-mask"


class FillMask(Handler):
    """Rank the tokens that could stand at the mask of a sentence.

    Takes a text with a mask token, or a list of texts.
    Returns `fills`: for each text, for each mask: a list of {token, token_id, score}, best first.

    top_k: how many tokens to return for each mask
    """

    task = "fill-mask"
    model_class = "EsmForMaskedLM"
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

    Takes a text or a list of texts.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "EsmModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    unread = ("pooler",)

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts)
        hidden = self.model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        embedding = (hidden * mask).sum(1) / mask.sum(1)
        return {"embedding": embedding.tolist()}


class TextClassification(Handler):
    """Give a text a label and a score.

    Takes a text or a list of texts.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "EsmForSequenceClassification"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)

    def answer(self, texts: list[str], *, top_k: int = 1):
        inputs = self.tokenized(texts)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class TokenClassification(Handler):
    """Label each token of a text.

    Takes a text or a list of texts.
    Returns `tokens`: for each text: a list of {token, label, score}, in the order of the text.
    """

    task = "token-classification"
    model_class = "EsmForTokenClassification"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)

    def answer(self, texts: list[str]):
        inputs = self.processor(texts, padding=True, return_special_tokens_mask=True, return_tensors="pt").to(
            self.device
        )
        self.check_length(inputs, self.processor.model_max_length)
        words = ~inputs.pop("special_tokens_mask").bool() & inputs["attention_mask"].bool()
        best = self.model(**inputs).logits.softmax(-1).max(-1)
        rows = zip(inputs["input_ids"], best.values, best.indices, words, strict=True)
        return {
            "tokens": [
                self.labelled(ids[kept], scores[kept], labels[kept]) for ids, scores, labels, kept in rows
            ]
        }

    def labelled(self, token_ids, scores, labels):
        tokens = self.processor.convert_ids_to_tokens(token_ids.tolist())
        names = self.model.config.id2label
        return [
            {"token": token, "label": names[label], "score": score}
            for token, label, score in zip(tokens, labels.tolist(), scores.tolist(), strict=True)
        ]


class hf_esm(Skillset):
    """ESM, loaded by path and called through the host's convention."""

    handlers = (
        FillMask,
        FeatureExtraction,
        TextClassification,
        TokenClassification,
    )
