"""Longformer: load a `longformer` checkpoint and answer requests about texts.

Generated from specs/models/longformer.yaml and specs/overlays/longformer.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:longformer`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_choices, read_questions, read_texts

MODEL_ID = "allenai/longformer-base-4096"
ARCHITECTURE = "longformer"
TASK_TYPE = "fill-mask"


class FillMask(Handler):
    """Rank the tokens that could stand at the mask of a sentence.

    Takes a text with a mask token, or a list of texts.
    Returns `fills`: for each text, for each mask: a list of {token, token_id, score}, best first.

    top_k: how many tokens to return for each mask
    """

    task = "fill-mask"
    model_class = "LongformerForMaskedLM"
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
    model_class = "LongformerModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
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
    model_class = "LongformerForMultipleChoice"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_choices)

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
    model_class = "LongformerForQuestionAnswering"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_questions)

    def answer(self, items):
        questions, contexts = map(list, zip(*items, strict=True))
        inputs = self.processor(
            questions,
            contexts,
            padding=True,
            return_offsets_mapping=True,
            return_tensors="pt",
        ).to(self.device)
        self.check_length(inputs, self.processor.model_max_length)
        offsets = inputs.pop("offset_mapping").tolist()
        outputs = self.model(**inputs)
        answers = []
        for index, context in enumerate(contexts):
            place = [number == 1 for number in inputs.sequence_ids(index)]
            if not any(place):
                raise InputError(f"the context {context!r} has no words to find an answer in")
            start, end, score = self.best_span(outputs.start_logits[index], outputs.end_logits[index], place)
            answer = context[offsets[index][start][0] : offsets[index][end][1]]
            answers.append({"answer": answer, "score": score})
        return {"answers": answers}

    def best_span(self, start_logits, end_logits, place):
        """The likeliest span that lies in the context and does not end before it starts."""
        outside = ~self.torch.tensor(place, device=start_logits.device)
        starts = start_logits.masked_fill(outside, float("-inf")).softmax(-1)
        ends = end_logits.masked_fill(outside, float("-inf")).softmax(-1)
        spans = (starts.unsqueeze(-1) * ends).triu()
        start, end = divmod(spans.argmax().item(), len(place))
        return start, end, spans[start, end].item()


class TextClassification(Handler):
    """Give a text a label and a score.

    Takes a text or a list of texts.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "LongformerForSequenceClassification"
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
    model_class = "LongformerForTokenClassification"
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


class hf_longformer(Skillset):
    """Longformer, loaded by path and called through the host's convention."""

    handlers = (
        FillMask,
        FeatureExtraction,
        MultipleChoice,
        QuestionAnswering,
        TextClassification,
        TokenClassification,
    )

    unsupported = {
        "onnx": "it branches on the values of a mask, which torch.export does not take",
        "openvino": "it branches on the values of a mask, which torch.export does not take",
        "qualcomm": "it branches on the values of a mask, which torch.export does not take",
        "webgpu": "it branches on the values of a mask, which torch.export does not take",
        "webnn": "it branches on the values of a mask, which torch.export does not take",
    }
