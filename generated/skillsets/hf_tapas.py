"""Tapas: load a `tapas` checkpoint and answer requests about texts.

Generated from specs/models/tapas.yaml and specs/overlays/tapas.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:tapas`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts
from skillset_runtime.layouts import as_frame, read_table_questions

MODEL_ID = "google/tapas-base-finetuned-sqa"
ARCHITECTURE = "tapas"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text or a list of texts.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "TapasModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    unread = ("pooler",)

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts)
        hidden = self.model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        embedding = (hidden * mask).sum(1) / mask.sum(1)
        return {"embedding": embedding.tolist()}


class TableQuestionAnswering(Handler):
    """Find the cells of a table that answer a question.

    Takes a question and a table, or a list of each.
    Returns `answers`: for each question: {answer, cells, aggregator}; the aggregator says what to do
    with the cells.
    """

    task = "table-question-answering"
    model_class = "TapasForQuestionAnswering"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_table_questions)

    def answer(self, items):
        return {"answers": [self.answer_one(*item) for item in items]}

    def answer_one(self, question, table):
        inputs = self.processor(table=as_frame(table), queries=[question], return_tensors="pt")
        self.check_length(inputs, self.processor.model_max_length)
        outputs = self.model(**inputs.to(self.device))
        aggregated = getattr(outputs, "logits_aggregation", None)
        logits = [part.cpu() for part in (outputs.logits, aggregated) if part is not None]
        places, *chosen = self.processor.convert_logits_to_predictions(inputs.to("cpu"), *logits)
        columns = list(table.values())
        cells = [columns[column][row] for row, column in places[0]]
        names = self.model.config.aggregation_labels or {}
        aggregator = names.get(chosen[0][0], "NONE") if chosen else "NONE"
        return {"answer": ", ".join(cells), "cells": cells, "aggregator": aggregator}


class TextClassification(Handler):
    """Give a text a label and a score.

    Takes a text or a list of texts.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "TapasForSequenceClassification"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)

    def answer(self, texts: list[str], *, top_k: int = 1):
        inputs = self.tokenized(texts)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class hf_tapas(Skillset):
    """Tapas, loaded by path and called through the host's convention."""

    handlers = (
        FeatureExtraction,
        TableQuestionAnswering,
        TextClassification,
    )
