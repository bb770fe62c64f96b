"""What Tapas must answer about texts: asked of the model itself, then of the skillset.

Generated from specs/models/tapas.yaml and specs/overlays/tapas.yaml
by templates/tests/text_embedding.py.j2.
Run it with `pytest generated/tests/test_hf_tapas.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

MODEL_TYPE = "tapas"


def padding(tokenizer):
    """Decoders are often trained without a padding token; any will do where the mask hides it."""
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token or tokenizer.unk_token
    return tokenizer


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def texts(value):
    """A text, or a list of them, as a list; some tokenizers would take other things for texts."""
    given = several(value)
    if not given or not all(isinstance(each, str) for each in given):
        raise TypeError(f"{value!r} is not a text or a list of texts")
    return given


def feature_extraction(checkpoint):
    """The reference for feature-extraction: the model called straight through transformers."""
    processor = padding(transformers.AutoTokenizer.from_pretrained(checkpoint))
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(text):
        embedding = []
        for words in texts(text):
            inputs = processor(words, return_tensors="pt")
            with torch.inference_mode():
                hidden = model(**inputs).last_hidden_state
            embedding.append(hidden[0].mean(dim=0).tolist())
        return {"embedding": embedding}

    return answer, model, processor


FEATURE_EXTRACTION_REQUESTS = {
    "items": [
        {"text": "The cat sat on the mat."},
        {"text": "A heavy storm is coming from the sea tonight, say the fishermen."},
        {"text": "cats"},
    ],
    "parameters": {},
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "empty-list": {"text": []}},
}


class TestTextEmbedding:
    def test_is_one_vector_of_the_width_of_the_model_for_each_text(self, subject):
        texts = [item["text"] for item in FEATURE_EXTRACTION_REQUESTS["items"]]
        embedding = torch.tensor(subject("feature-extraction").ask({"text": texts})["embedding"])
        width = subject("feature-extraction").model.config.get_text_config().hidden_size
        assert embedding.shape == (len(texts), width)

    def test_places_like_texts_closer_than_unlike_ones(self, subject):
        texts = ["The cat sat on the mat.", "The cat sat on a mat.", "Storms tonight, say fishermen!"]
        one, like, unlike = torch.tensor(subject("feature-extraction").ask({"text": texts})["embedding"])
        similarity = torch.nn.functional.cosine_similarity
        assert similarity(one, like, dim=0) > similarity(one, unlike, dim=0)


def table_question_answering(checkpoint):
    """The reference for table-question-answering: the model called straight through transformers."""
    processor = transformers.AutoTokenizer.from_pretrained(checkpoint)
    model = transformers.AutoModelForTableQuestionAnswering.from_pretrained(checkpoint).eval()

    def answer(question, table):
        import pandas  # without it nothing is run, which a test that cannot be imported could not say

        answers = []
        for asked, cells in zip(texts(question), several(table), strict=True):
            frame = pandas.DataFrame(cells)
            inputs = processor(table=frame, queries=asked, return_tensors="pt")
            with torch.inference_mode():
                outputs = model(**inputs)
            scores = [outputs.logits]
            if outputs.get("logits_aggregation") is not None:
                scores.append(outputs.logits_aggregation)
            found, *kinds = processor.convert_logits_to_predictions(inputs, *scores)
            chosen = [frame.iat[place] for place in found[0]]
            names = model.config.aggregation_labels or {}
            kind = names.get(kinds[0][0], "NONE") if kinds else "NONE"
            answers.append({"answer": ", ".join(chosen), "cells": chosen, "aggregator": kind})
        return {"answers": answers}

    return answer, model, processor


TABLE_QUESTION_ANSWERING_REQUESTS = {
    "items": [
        {
            "question": "How many rivers are there?",
            "table": {"place": ["mountain", "village"], "rivers": ["2", "1"]},
        },
        {"question": "Who is old?", "table": {"name": ["Anna", "Paul", "Maria"], "age": ["81", "12", "30"]}},
    ],
    "parameters": {},
    "bad": {"missing": {"question": None}, "number": {"table": 7}, "empty-list": {"question": []}},
}


def text_classification(checkpoint):
    """The reference for text-classification: the model called straight through transformers."""
    processor = padding(transformers.AutoTokenizer.from_pretrained(checkpoint))
    model = transformers.AutoModelForSequenceClassification.from_pretrained(checkpoint).eval()
    model.config.pad_token_id = processor.pad_token_id

    def answer(text, top_k=1):
        labels = []
        for words in texts(text):
            inputs = processor(words, return_tensors="pt")
            with torch.inference_mode():
                row = torch.softmax(model(**inputs).logits[0], dim=-1).tolist()
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:top_k]
            labels.append([{"label": model.config.id2label[index], "score": row[index]} for index in best])
        return {"labels": labels}

    return answer, model, processor


TEXT_CLASSIFICATION_REQUESTS = {
    "items": [
        {"text": "What a wonderful day at the sea!"},
        {"text": "The soup was cold, the room was dark and nobody came for an hour."},
        {"text": "fine"},
    ],
    "parameters": {"top_k": 3},
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "empty-list": {"text": []}},
}


class TestTextClassification:
    def test_returns_the_best_label_alone_by_default(self, subject, observe):
        item = TEXT_CLASSIFICATION_REQUESTS["items"][0]
        answer = subject("text-classification").ask(item)
        observe("text-classification/default", answer, item)
        assert len(answer["labels"][0]) == 1


REFERENCES = {
    "feature-extraction": feature_extraction,
    "table-question-answering": table_question_answering,
    "text-classification": text_classification,
}
REQUESTS = {
    "feature-extraction": FEATURE_EXTRACTION_REQUESTS,
    "table-question-answering": TABLE_QUESTION_ANSWERING_REQUESTS,
    "text-classification": TEXT_CLASSIFICATION_REQUESTS,
}


@pytest.mark.parametrize("task", REQUESTS)
class TestEveryTask:
    """What holds for a task whatever it is; each request has its items, parameters and bad inputs."""

    def test_answers_one_item(self, subject, observe, task):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        observe(f"{task}/one", subject(task).ask(item, parameters), item, parameters)

    def test_answers_a_batch_like_its_items(self, subject, observe, task, same):
        items, parameters = REQUESTS[task]["items"], REQUESTS[task]["parameters"]
        together = subject(task).ask_batch(items, parameters)
        one_by_one = [subject(task).ask(item, parameters) for item in items]
        observe(f"{task}/batch", together, items, parameters)
        same(together, {key: [answer[key][0] for answer in one_by_one] for key in together})

    def test_gives_the_same_answer_again(self, subject, task):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        assert subject(task).ask(item, parameters) == subject(task).ask(item, parameters)

    def test_answers_from_async_code(self, subject, task, same):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        same(subject(task).ask_async(item, parameters), subject(task).ask(item, parameters))

    def test_every_input_reaches_the_model(self, subject, task, different):
        (item, other), parameters = REQUESTS[task]["items"][:2], REQUESTS[task]["parameters"]
        answer = subject(task).ask(item, parameters)
        for name in item:
            different(answer, subject(task).ask({**item, name: other[name]}, parameters))

    def test_refuses_bad_input(self, subject, observe, task):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        for name, bad in REQUESTS[task]["bad"].items():
            observe.refusal(
                f"{task}/bad-{name}", lambda bad=bad: subject(task).ask({**item, **bad}, parameters)
            )

    def test_survives_saving_and_loading(self, subject, task, same, tmp_path):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        subject(task).save(tmp_path)
        same(subject(task).reopened(tmp_path).ask(item, parameters), subject(task).ask(item, parameters))

    def test_cost_is_recorded(self, subject, task, measure):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        measure(task, lambda: subject(task).ask(item, parameters))
