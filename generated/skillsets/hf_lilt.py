"""LiLT: load a `lilt` checkpoint and answer requests about texts.

Generated from specs/models/lilt.yaml and specs/overlays/lilt.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:lilt`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.layouts import LayoutHandler, read_layout_questions, read_layouts

MODEL_ID = "SCUT-DLVCLab/lilt-roberta-en-base"
ARCHITECTURE = "lilt"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(LayoutHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes its words and their boxes, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "LiltModel"
    processor_class = "AutoTokenizer"
    processor_options = {"add_prefix_space": True}
    read = staticmethod(read_layouts)

    def answer(self, documents):
        inputs = self.placed(documents)
        mask = inputs["attention_mask"].unsqueeze(-1)
        hidden = self.model(**inputs).last_hidden_state[:, : mask.shape[1]]
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class QuestionAnswering(LayoutHandler):
    """Find the span of a context that answers a question.

    Takes a question, its words and their boxes, or a list of each.
    Returns `answers`: for each question: {answer, score}; the score is the product of the span's end
    probabilities.
    """

    task = "question-answering"
    model_class = "LiltForQuestionAnswering"
    processor_class = "AutoTokenizer"
    processor_options = {"add_prefix_space": True}
    read = staticmethod(read_layout_questions)

    def answer(self, documents):
        inputs = self.placed(documents)
        outputs = self.model(**inputs)
        return {
            "answers": [self.best_words(inputs, row, outputs, page) for row, page in enumerate(documents)]
        }


class TextClassification(LayoutHandler):
    """Give a text a label and a score.

    Takes its words and their boxes, or a list of each.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "LiltForSequenceClassification"
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
    model_class = "LiltForTokenClassification"
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


class hf_lilt(Skillset):
    """LiLT, loaded by path and called through the host's convention."""

    handlers = (
        FeatureExtraction,
        QuestionAnswering,
        TextClassification,
        TokenClassification,
    )
