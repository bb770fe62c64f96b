"""What Evolla must answer about images and texts: asked of the model itself, then of the skillset.

Generated from specs/models/evolla.yaml and specs/overlays/evolla.yaml
by templates/tests/multimodal.py.j2.
Run it with `pytest generated/tests/test_hf_evolla.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

MODEL_TYPE = "evolla"


def several(value):
    """A list as it is, one thing as a list of one."""
    return value if isinstance(value, list) else [value]


def texts(value):
    """A text, or a list of them, as a list; some tokenizers would take other things for texts."""
    given = several(value)
    if not given or not all(isinstance(each, str) for each in given):
        raise TypeError(f"{value!r} is not a text or a list of texts")
    return given


def protein_text_to_text(checkpoint):
    """The reference for protein-text-to-text: the model called straight through transformers."""
    processor = transformers.AutoProcessor.from_pretrained(checkpoint)
    model = transformers.EvollaForProteinText2Text.from_pretrained(checkpoint).eval()

    def answer(text, protein, max_new_tokens=20, temperature=None, top_p=None, seed=None):
        sampling = {"do_sample": False}
        if temperature is not None:
            sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": top_p or 1.0}
        if seed is not None:
            torch.manual_seed(seed)
        written = []
        for asked, about in zip(texts(text), several(protein), strict=True):
            inputs = processor(about, [{"role": "user", "content": asked}])
            tokens = model.generate(**inputs, max_new_tokens=max_new_tokens, **sampling)
            written.append(
                processor.tokenizer.batch_decode(
                    tokens[:, len(inputs["input_ids"][0]) :], skip_special_tokens=True
                )[0]
            )
        return {"text": written}

    return answer, model, processor


PROTEIN_TEXT_TO_TEXT_REQUESTS = {
    "items": [
        {"text": "What does it do?", "protein": {"aa_seq": "MKTAYIAKQRQISF", "foldseek": "dpqvlvvlfdpvvc"}},
        {"text": "Where in the cell is it?", "protein": {"aa_seq": "GSHMWWRLLE", "foldseek": "aaccddqqpp"}},
    ],
    "parameters": {"max_new_tokens": 8},
    "bad": {"missing": {"text": None}, "number": {"protein": 7}, "empty-list": {"text": []}},
}


class TestProteinTextToText:
    def test_draws_at_a_temperature_repeatably(self, subject, observe, same):
        item = PROTEIN_TEXT_TO_TEXT_REQUESTS["items"][0]
        parameters = {"max_new_tokens": 8, "temperature": 1.5, "seed": 7}
        answer = subject("protein-text-to-text").ask(item, parameters)
        observe("protein-text-to-text/temperature", answer, item, parameters)
        same(subject("protein-text-to-text").ask(item, parameters), answer)


REFERENCES = {
    "protein-text-to-text": protein_text_to_text,
}
REQUESTS = {
    "protein-text-to-text": PROTEIN_TEXT_TO_TEXT_REQUESTS,
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
