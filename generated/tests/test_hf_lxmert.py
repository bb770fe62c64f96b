"""What LXMERT must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/lxmert.yaml and specs/overlays/lxmert.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_lxmert.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

from skillset_runtime.samples import Series

MODEL_TYPE = "lxmert"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def texts(value):
    """A text, or a list of them, as a list; some tokenizers would take other things for texts."""
    given = several(value)
    if not given or not all(isinstance(each, str) for each in given):
        raise TypeError(f"{value!r} is not a text or a list of texts")
    return given


def past(series):
    """A series of shape (time, channels), or a list of them, as a batch."""
    return torch.stack([torch.from_numpy(each) for each in several(series)])


def visual_question_answering(checkpoint):
    """The reference for visual-question-answering: the model called straight through transformers."""
    processor = transformers.AutoTokenizer.from_pretrained(checkpoint)
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(checkpoint).eval()

    def answer(question, features, boxes, top_k=5):
        answers = []
        places = torch.tensor(boxes)
        for asked, seen, place in zip(
            texts(question), past(features), places.reshape(-1, *places.shape[-2:]), strict=True
        ):
            inputs = processor(asked, return_tensors="pt")
            with torch.inference_mode():
                scores = model(
                    **inputs, visual_feats=seen[None], visual_pos=place[None]
                ).question_answering_score
            row = torch.softmax(scores[0], dim=-1).tolist()
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:top_k]
            answers.append([{"answer": model.config.id2label[index], "score": row[index]} for index in best])
        return {"answers": answers}

    return answer, model, processor


VISUAL_QUESTION_ANSWERING_REQUESTS = {
    "items": [  # as many features as the tiny checkpoint's config says
        {
            "question": "What is in the picture?",
            "features": Series("seasonal", 3, 32),
            "boxes": [[0.0, 0.1, 0.4, 0.6], [0.5, 0.5, 0.9, 1.0], [0.2, 0.0, 0.3, 0.9]],
        },
        {
            "question": "Which colours does this old picture have?",
            "features": Series("trend", 3, 32),
            "boxes": [[0.7, 0.1, 1.0, 0.2], [0.0, 0.0, 1.0, 1.0], [0.1, 0.6, 0.4, 0.8]],
        },
    ],
    "parameters": {},
    "bad": {
        "missing": {"question": None},
        "text": {"features": "stripes"},
        "too-few": {"boxes": [[0.0, 0.1, 0.4, 0.6], [0.5, 0.5, 0.9, 1.0]]},
    },
}


REFERENCES = {
    "visual-question-answering": visual_question_answering,
}
REQUESTS = {
    "visual-question-answering": VISUAL_QUESTION_ANSWERING_REQUESTS,
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
