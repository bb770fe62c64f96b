"""What Longformer must answer about texts: asked of the model itself, then of the skillset.

Generated from specs/models/longformer.yaml and specs/overlays/longformer.yaml
by templates/tests/text_embedding.py.j2.
Run it with `pytest generated/tests/test_hf_longformer.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

MODEL_TYPE = "longformer"


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


def fill_mask(checkpoint):
    """The reference for fill-mask: the model called straight through transformers."""
    processor = padding(transformers.AutoTokenizer.from_pretrained(checkpoint))
    model = transformers.AutoModelForMaskedLM.from_pretrained(checkpoint).eval()

    def answer(text, top_k=5):
        fills = []
        for words in texts(text):
            inputs = processor(words, return_tensors="pt")
            with torch.inference_mode():
                probabilities = torch.softmax(model(**inputs).logits[0], dim=-1)
            fills.append([])
            places = (inputs["input_ids"][0] == processor.mask_token_id).nonzero().flatten().tolist()
            if not places:
                raise ValueError(f"{words!r} has no mask")
            for place in places:
                scores, token_ids = torch.topk(probabilities[place], min(top_k, probabilities.shape[-1]))
                fills[-1].append(
                    [
                        {"token": processor.decode([token_id]), "token_id": token_id, "score": score}
                        for token_id, score in zip(token_ids.tolist(), scores.tolist(), strict=True)
                    ]
                )
        return {"fills": fills}

    return answer, model, processor


FILL_MASK_REQUESTS = {
    "items": [  # {mask} is replaced by the tokenizer's own mask token
        {"text": "The cat sat on the {mask}."},
        {"text": "A {mask} is flying over the old river and the long wooden bridge."},
        {"text": "{mask} and {mask}"},
    ],
    "parameters": {},
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "empty-list": {"text": []}},
}


class TestFillMask:
    def test_returns_as_many_tokens_as_asked_for(self, subject, observe):
        item = {"text": "The cat sat on the {mask}."}
        answer = subject("fill-mask").ask(item, {"top_k": 2})
        observe("fill-mask/top-k", answer, item, {"top_k": 2})
        assert [len(tokens) for tokens in answer["fills"][0]] == [2]

    def test_returns_all_there_are_where_more_are_asked_for(self, subject):
        answer = subject("fill-mask").ask({"text": "The cat sat on the {mask}."}, {"top_k": 10**6})
        assert 5 < len(answer["fills"][0][0]) < 10**6

    def test_refuses_a_text_without_a_mask(self, subject):
        for words in ("The cat sat on the mat.", ["A {mask}.", "The cat sat on the mat."]):
            with pytest.raises(ValueError):
                subject("fill-mask").ask({"text": words})


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


def multiple_choice(checkpoint):
    """The reference for multiple-choice: the model called straight through transformers."""
    processor = padding(transformers.AutoTokenizer.from_pretrained(checkpoint))
    model = transformers.AutoModelForMultipleChoice.from_pretrained(checkpoint).eval()

    def answer(text, choices):
        ranked = []
        for words, offered in zip(texts(text), choices if isinstance(text, list) else [choices], strict=True):
            inputs = processor([words for _ in texts(offered)], offered, padding=True, return_tensors="pt")
            with torch.inference_mode():
                logits = model(**{name: tensor[None] for name, tensor in inputs.items()}).logits
            scores = torch.softmax(logits[0], dim=-1).tolist()
            found = [
                {"choice": choice, "score": score} for choice, score in zip(offered, scores, strict=True)
            ]
            ranked.append(sorted(found, key=lambda choice: choice["score"], reverse=True))
        return {"choices": ranked}

    return answer, model, processor


MULTIPLE_CHOICE_REQUESTS = {
    "items": [
        {"text": "The cat sat on", "choices": ["the mat.", "a heavy storm from the sea."]},
        {
            "text": "A storm is coming, say",
            "choices": ["the fishermen of the village", "cats", "two old bridges"],
        },
    ],
    "parameters": {},
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "no-choices": {"choices": []}},
}


def question_answering(checkpoint):
    """The reference for question-answering: the model called straight through transformers."""
    processor = padding(transformers.AutoTokenizer.from_pretrained(checkpoint))
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(checkpoint).eval()

    def answer(question, context):
        answers = []
        for asked, text in zip(several(question), several(context), strict=True):
            inputs = processor(asked, text, return_offsets_mapping=True, return_tensors="pt")
            offsets = inputs.pop("offset_mapping")[0].tolist()
            with torch.inference_mode():
                outputs = model(**inputs)
            places = [place for place, part in enumerate(inputs.sequence_ids(0)) if part == 1]
            starts = torch.softmax(outputs.start_logits[0, places], dim=-1).tolist()
            ends = torch.softmax(outputs.end_logits[0, places], dim=-1).tolist()
            score, start, end = max(
                (starts[first] * ends[last], first, last)
                for first in range(len(places))
                for last in range(first, len(places))
            )
            answers.append(
                {"answer": text[offsets[places[start]][0] : offsets[places[end]][1]], "score": score}
            )
        return {"answers": answers}

    return answer, model, processor


QUESTION_ANSWERING_REQUESTS = {
    "items": [
        {"question": "Where did the cat sit?", "context": "The cat sat on the mat and looked at the river."},
        {"question": "Who built it?", "context": "The old bridge was built by a farmer."},
    ],
    "parameters": {},
    "bad": {"missing": {"question": None}, "number": {"context": 7}, "empty-list": {"question": []}},
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


def token_classification(checkpoint):
    """The reference for token-classification: the model called straight through transformers."""
    processor = padding(transformers.AutoTokenizer.from_pretrained(checkpoint))
    model = transformers.AutoModelForTokenClassification.from_pretrained(checkpoint).eval()

    def answer(text):
        tokens = []
        for words in texts(text):
            inputs = processor(words, return_special_tokens_mask=True, return_tensors="pt")
            special = inputs.pop("special_tokens_mask")[0].tolist()
            with torch.inference_mode():
                scores, labels = torch.max(torch.softmax(model(**inputs).logits[0], dim=-1), dim=-1)
            tokens.append(
                [
                    {
                        "token": processor.convert_ids_to_tokens(token_id),
                        "label": model.config.id2label[label.item()],
                        "score": score.item(),
                    }
                    for token_id, label, score, added in zip(
                        inputs["input_ids"][0].tolist(), labels, scores, special, strict=True
                    )
                    if not added
                ]
            )
        return {"tokens": tokens}

    return answer, model, processor


TOKEN_CLASSIFICATION_REQUESTS = {
    "items": [
        {"text": "Anna lives in Berlin."},
        {"text": "The old bridge over the river was built by a farmer from the village."},
        {"text": "Paris"},
    ],
    "parameters": {},
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "empty-list": {"text": []}},
}


REFERENCES = {
    "fill-mask": fill_mask,
    "feature-extraction": feature_extraction,
    "multiple-choice": multiple_choice,
    "question-answering": question_answering,
    "text-classification": text_classification,
    "token-classification": token_classification,
}
REQUESTS = {
    "fill-mask": FILL_MASK_REQUESTS,
    "feature-extraction": FEATURE_EXTRACTION_REQUESTS,
    "multiple-choice": MULTIPLE_CHOICE_REQUESTS,
    "question-answering": QUESTION_ANSWERING_REQUESTS,
    "text-classification": TEXT_CLASSIFICATION_REQUESTS,
    "token-classification": TOKEN_CLASSIFICATION_REQUESTS,
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
