"""LayoutLMv3: load a `layoutlmv3` checkpoint and answer requests about texts.

Generated from specs/models/layoutlmv3.yaml and specs/overlays/layoutlmv3.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:layoutlmv3`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.layouts import LayoutHandler, read_document_questions, read_documents

MODEL_ID = "microsoft/layoutlmv3-base"
ARCHITECTURE = "layoutlmv3"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(LayoutHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes the picture of a page, its words and their boxes, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "LayoutLMv3Model"
    processor_class = "AutoProcessor"
    processor_options = {"apply_ocr": False, "backend": "pil"}
    read = staticmethod(read_documents)

    def answer(self, documents):
        inputs = self.processor(
            images=[page.image for page in documents],
            text=[page.words for page in documents],
            boxes=[page.boxes for page in documents],
            padding=True,
            return_tensors="pt",
        ).to(self.device)
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        mask = inputs["attention_mask"].unsqueeze(-1)
        hidden = self.model(**inputs).last_hidden_state[:, : mask.shape[1]]
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class DocumentQuestionAnswering(LayoutHandler):
    """Answer a question about a page, whose words and their places are given.

    Takes a question, the picture of a page, its words and their boxes, or a list of each.
    Returns `answers`: for each question: {answer, score}; the score is the product of the span's end
    probabilities, and a model that writes gives none.
    """

    task = "document-question-answering"
    model_class = "LayoutLMv3ForQuestionAnswering"
    processor_class = "AutoProcessor"
    processor_options = {"apply_ocr": False, "backend": "pil"}
    read = staticmethod(read_document_questions)

    def answer(self, documents):
        inputs = self.processor(
            images=[page.image for page in documents],
            text=[page.question for page in documents],
            text_pair=[page.words for page in documents],
            boxes=[page.boxes for page in documents],
            padding=True,
            return_tensors="pt",
        ).to(self.device)
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        outputs = self.model(**inputs)
        return {
            "answers": [self.best_words(inputs, row, outputs, page) for row, page in enumerate(documents)]
        }


class QuestionAnswering(LayoutHandler):
    """Find the span of a context that answers a question.

    Takes a question, the picture of a page, its words and their boxes, or a list of each.
    Returns `answers`: for each question: {answer, score}; the score is the product of the span's end
    probabilities.
    """

    task = "question-answering"
    model_class = "LayoutLMv3ForQuestionAnswering"
    processor_class = "AutoProcessor"
    processor_options = {"apply_ocr": False, "backend": "pil"}
    read = staticmethod(read_document_questions)

    def answer(self, documents):
        inputs = self.processor(
            images=[page.image for page in documents],
            text=[page.question for page in documents],
            text_pair=[page.words for page in documents],
            boxes=[page.boxes for page in documents],
            padding=True,
            return_tensors="pt",
        ).to(self.device)
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        outputs = self.model(**inputs)
        return {
            "answers": [self.best_words(inputs, row, outputs, page) for row, page in enumerate(documents)]
        }


class TextClassification(LayoutHandler):
    """Give a text a label and a score.

    Takes the picture of a page, its words and their boxes, or a list of each.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "LayoutLMv3ForSequenceClassification"
    processor_class = "AutoProcessor"
    processor_options = {"apply_ocr": False, "backend": "pil"}
    read = staticmethod(read_documents)

    def answer(self, documents, *, top_k: int = 1):
        inputs = self.processor(
            images=[page.image for page in documents],
            text=[page.words for page in documents],
            boxes=[page.boxes for page in documents],
            padding=True,
            return_tensors="pt",
        ).to(self.device)
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class TokenClassification(LayoutHandler):
    """Label each token of a text.

    Takes the picture of a page, its words and their boxes, or a list of each.
    Returns `tokens`: for each text: a list of {token, label, score}, in the order of the text.
    """

    task = "token-classification"
    model_class = "LayoutLMv3ForTokenClassification"
    processor_class = "AutoProcessor"
    processor_options = {"apply_ocr": False, "backend": "pil"}
    read = staticmethod(read_documents)

    def answer(self, documents):
        inputs = self.processor(
            images=[page.image for page in documents],
            text=[page.words for page in documents],
            boxes=[page.boxes for page in documents],
            padding=True,
            return_tensors="pt",
        ).to(self.device)
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
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


class hf_layoutlmv3(Skillset):
    """LayoutLMv3, loaded by path and called through the host's convention."""

    handlers = (
        FeatureExtraction,
        DocumentQuestionAnswering,
        QuestionAnswering,
        TextClassification,
        TokenClassification,
    )
