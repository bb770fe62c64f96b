"""CANINE: load a `canine` checkpoint and answer requests about texts.

Generated from specs/models/canine.yaml and specs/overlays/canine.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:canine`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_choices, read_questions, read_texts, spaced_words

MODEL_ID = "google/canine-s"
ARCHITECTURE = "canine"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text or a list of texts.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "CanineModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # padding a batch would change the answers of this model
    unread = ("pooler",)

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts)
        hidden = self.model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        embedding = (hidden * mask).sum(1) / mask.sum(1)
        return {"embedding": embedding.tolist()}


class MultipleChoice(Handler):
    """Say which of some endings goes on best from a text.

    Takes a text and the ways in which it may go on, or a list of each.
    Returns `choices`: for each text: a list of {choice, score}, best first.
    """

    task = "multiple-choice"
    model_class = "CanineForMultipleChoice"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_choices)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, items):
        return {"choices": [self.weighed(*item) for item in items]}

    def weighed(self, text, choices):
        inputs = self.processor([text] * len(choices), choices, padding=True, return_tensors="pt")
        self.check_length(inputs, self.processor.model_max_length)
        inputs = {name: tensor.unsqueeze(0).to(self.device) for name, tensor in inputs.items()}
        scores = self.model(**inputs).logits[0].softmax(-1).tolist()
        found = [{"choice": choice, "score": score} for choice, score in zip(choices, scores, strict=True)]
        return sorted(found, key=lambda choice: choice["score"], reverse=True)


class QuestionAnswering(Handler):
    """Find the span of a context that answers a question.

    Takes a question and its context, or a list of each.
    Returns `answers`: for each question: {answer, score}; the score is the product of the span's end
    probabilities.
    """

    task = "question-answering"
    model_class = "CanineForQuestionAnswering"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_questions)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, items):
        return {"answers": [self.answer_one(*item) for item in items]}

    def answer_one(self, question, context):
        """A run of whole words: the tokenizer does not say where in a text its tokens stand."""
        words = spaced_words(context)
        inputs = self.processor(
            [question], words, is_split_into_words=True, return_special_tokens_mask=True, return_tensors="pt"
        ).to(self.device)
        self.check_length(inputs, self.processor.model_max_length)
        special = inputs.pop("special_tokens_mask")[0].bool()
        asked = len(self.processor.tokenize(question))
        places = (~special).nonzero().flatten()[asked:]
        if not len(places):
            raise InputError(f"the context {context!r} has no words to find an answer in")
        outputs = self.model(**inputs)
        starts = outputs.start_logits[0, places].softmax(-1)
        ends = outputs.end_logits[0, places].softmax(-1)
        spans = (starts.unsqueeze(-1) * ends).triu()
        start, end = divmod(spans.argmax().item(), len(places))
        word_of = [index for index, word in enumerate(words) for _ in self.processor.tokenize(word)]
        answer = "".join(words[word_of[start] : word_of[end] + 1]).strip()
        return {"answer": answer, "score": spans[start, end].item()}


class TextClassification(Handler):
    """Give a text a label and a score.

    Takes a text or a list of texts.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "CanineForSequenceClassification"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # padding a batch would change the answers of this model

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
    model_class = "CanineForTokenClassification"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # padding a batch would change the answers of this model

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


class hf_canine(Skillset):
    """CANINE, loaded by path and called through the host's convention."""

    handlers = (
        FeatureExtraction,
        MultipleChoice,
        QuestionAnswering,
        TextClassification,
        TokenClassification,
    )
