"""LayoutLM: load a `layoutlm` checkpoint and answer requests about texts.

Generated from specs/models/layoutlm.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:layoutlm`; a change made here is reported and replaced.
"""

from skillset_runtime import InputError, Skillset
from skillset_runtime.layouts import LayoutHandler, read_layout_questions, read_layouts

MODEL_ID = "microsoft/layoutlm-base-uncased"
ARCHITECTURE = "layoutlm"
TASK_TYPE = "fill-mask"


class FillMask(LayoutHandler):
    """Rank the tokens that could stand at the mask of a sentence.

    Takes its words and their boxes, or a list of each.
    Returns `fills`: for each text, for each mask: a list of {token, token_id, score}, best first.

    top_k: how many tokens to return for each mask
    """

    task = "fill-mask"
    model_class = "LayoutLMForMaskedLM"
    processor_class = "AutoTokenizer"
    processor_options = {"add_prefix_space": True}
    read = staticmethod(read_layouts)

    def example(self):
        request = super().example()
        return {**request, "words": [self.processor.mask_token, *request["words"][1:]]}

    def answer(self, documents, *, top_k: int = 5):
        inputs = self.placed(documents)
        masks = inputs["input_ids"] == self.processor.mask_token_id
        if not masks.any(-1).all():
            raise InputError(f"each page needs a {self.processor.mask_token} for what is to be filled in")
        probabilities = self.model(**inputs).logits.softmax(-1)
        return {
            "fills": [
                [self.best_tokens(word, top_k) for word in words[mask]]
                for words, mask in zip(probabilities, masks, strict=True)
            ]
        }

    def best_tokens(self, probabilities, top_k):
        best = probabilities.topk(min(top_k, len(probabilities)))
        return [
            {"token": self.processor.decode([token_id]), "token_id": token_id, "score": score}
            for score, token_id in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        ]


class DocumentQuestionAnswering(LayoutHandler):
    """Answer a question about a page, whose words and their places are given.

    Takes a question, its words and their boxes, or a list of each.
    Returns `answers`: for each question: {answer, score}; the score is the product of the span's end
    probabilities, and a model that writes gives none.
    """

    task = "document-question-answering"
    model_class = "LayoutLMForQuestionAnswering"
    processor_class = "AutoTokenizer"
    processor_options = {"add_prefix_space": True}
    read = staticmethod(read_layout_questions)

    def answer(self, documents):
        inputs = self.placed(documents)
        outputs = self.model(**inputs)
        return {
            "answers": [self.best_words(inputs, row, outputs, page) for row, page in enumerate(documents)]
        }


class FeatureExtraction(LayoutHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes its words and their boxes, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "LayoutLMModel"
    processor_class = "AutoTokenizer"
    processor_options = {"add_prefix_space": True}
    read = staticmethod(read_layouts)

    def answer(self, documents):
        inputs = self.placed(documents)
        mask = inputs["attention_mask"].unsqueeze(-1)
        hidden = self.model(**inputs).last_hidden_state[:, : mask.shape[1]]
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class TextClassification(LayoutHandler):
    """Give a text a label and a score.

    Takes its words and their boxes, or a list of each.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "LayoutLMForSequenceClassification"
    processor_class = "AutoTokenizer"
    processor_options = {"add_prefix_space": True}
    read = staticmethod(read_layouts)

    def answer(self, documents, *, top_k: int = 1):
        inputs = self.placed(documents)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class TokenClassification(LayoutHandler):
    """Label each token of a text.

    Takes its words and their boxes, or a list of each.
    Returns `tokens`: for each text: a list of {token, label, score}, in the order of the text.
    """

    task = "token-classification"
    model_class = "LayoutLMForTokenClassification"
    processor_class = "AutoTokenizer"
    processor_options = {"add_prefix_space": True}
    read = staticmethod(read_layouts)

    def answer(self, documents):
        inputs = self.placed(documents)
        best = self.model(**inputs).logits.softmax(-1).max(-1)
        return {
            "tokens": [
                self.labelled(
                    page.words, self.place_of_words(inputs, row), best.values[row], best.indices[row]
                )
                for row, page in enumerate(documents)
            ]
        }

    def labelled(self, words, places, scores, labels):
        """A label for each word: that of its first token."""
        names = self.model.config.id2label
        return [
            {
                "token": words[word],
                "label": names[labels[places.index(word)].item()],
                "score": scores[places.index(word)].item(),
            }
            for word in sorted(set(places) - {None})
        ]


class hf_layoutlm(Skillset):
    """LayoutLM, loaded by path and called through the host's convention."""

    handlers = (
        FillMask,
        DocumentQuestionAnswering,
        FeatureExtraction,
        TextClassification,
        TokenClassification,
    )
