"""What Jev must answer about texts: asked of the model itself, then of the skillset.

Generated from specs/models/jev.yaml and specs/overlays/jev.yaml
by templates/tests/text_embedding.py.j2.
Run it with `pytest generated/tests/test_hf_jev.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

MODEL_TYPE = "jev"


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


def decision(checkpoint):
    """The reference for decision: the model called straight through transformers."""
    processor = padding(transformers.AutoTokenizer.from_pretrained(checkpoint))
    model = transformers.JevForDecision.from_pretrained(checkpoint).eval()

    def answer(text, questions):
        decisions = []
        for state in texts(text):
            request = {"state": state, "questions": questions}
            decisions.append({})
            for inputs, (question,) in model.decision_config.prepare_inputs(request, processor):
                (scores,) = model.decide(**inputs, decision_questions=[question])
                decisions[-1][question.name] = question.answer(torch.softmax(scores, dim=-1).tolist())
        return {"decisions": decisions}

    return answer, model, processor


DECISION_REQUESTS = {
    "items": [
        {"text": "The cat sat on the mat and looked at the river."},
        {"text": "A heavy storm is coming from the sea tonight, say the fishermen."},
    ],
    "parameters": {
        "questions": {
            "weather": {"type": "noul", "instructions": "Is it about the weather?"},
            "place": {
                "type": "choice",
                "instructions": "Where is it?",
                "criteria": {"house": None, "sea": "far out"},
            },
            "danger": {
                "type": "score",
                "instructions": "How bad is it?",
                "criteria": ["not", "a bit", "very"],
            },
        },
    },
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "empty-list": {"text": []}},
}


class TestDecision:
    def test_the_questions_reach_the_model(self, subject, observe, different):
        item = DECISION_REQUESTS["items"][0]
        probabilities = []
        for name, asked in {"one": "Is it about the weather?", "other": "Is it a story of long ago?"}.items():
            parameters = {"questions": {"it": {"type": "noul", "instructions": asked}}}
            answer = subject("decision").ask(item, parameters)
            observe(f"decision/{name}-question", answer, item, parameters)
            probabilities.append(answer["decisions"][0]["it"]["noul"])
        different(*probabilities)

    def test_refuses_questions_that_make_no_sense(self, subject, observe):
        item = DECISION_REQUESTS["items"][0]
        for name, questions in {"empty": {}, "no-type": {"it": {"instructions": "Is it?"}}}.items():
            case = f"decision/bad-questions-{name}"
            observe.refusal(
                case, lambda questions=questions: subject("decision").ask(item, {"questions": questions})
            )


REFERENCES = {
    "decision": decision,
}
REQUESTS = {
    "decision": DECISION_REQUESTS,
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
