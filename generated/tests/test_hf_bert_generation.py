"""What BertGeneration must answer to prompts: asked of the model itself, then of the skillset.

Generated from specs/models/bert-generation.yaml and specs/overlays/bert-generation.yaml
by templates/tests/text_generation.py.j2.
Run it with `pytest generated/tests/test_hf_bert_generation.py --target reference` or `--target skillset`.
"""

import pytest
import torch
import transformers

MODEL_TYPE = "bert-generation"


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


def text_generation(checkpoint):
    """The reference for text-generation: the model called straight through transformers."""
    processor = padding(transformers.AutoTokenizer.from_pretrained(checkpoint, padding_side="left"))
    model = transformers.AutoModelForCausalLM.from_pretrained(checkpoint).eval()

    def answer(text, max_new_tokens=20, temperature=None, top_p=None, seed=None):
        sampling = {"do_sample": False}
        if temperature is not None:
            sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": top_p or 1.0}
        if seed is not None:
            torch.manual_seed(seed)
        written = []
        for prompt in texts(text):
            inputs = processor(prompt, return_tensors="pt")
            tokens = model.generate(**inputs, max_new_tokens=max_new_tokens, **sampling)[0]
            written.append(processor.decode(tokens[inputs["input_ids"].shape[1] :], skip_special_tokens=True))
        return {"text": written}

    return answer, model, processor


TEXT_GENERATION_REQUESTS = {
    "items": [
        {"text": "The cat sat on"},
        {"text": "A heavy storm is coming from the sea tonight, say the fishermen of"},
        {"text": "river"},
    ],
    "parameters": {"max_new_tokens": 8},
    "bad": {"missing": {"text": None}, "number": {"text": 7}, "empty-list": {"text": []}},
}


class TestTextGeneration:
    item = TEXT_GENERATION_REQUESTS["items"][0]

    def test_writes_without_parameters(self, subject, observe):
        answer = subject("text-generation").ask(self.item)
        observe("text-generation/default", answer, self.item)
        assert answer["text"][0]

    def test_draws_at_a_temperature_repeatably(self, subject, observe, same, different):
        parameters = {"max_new_tokens": 8, "temperature": 1.5, "seed": 7}
        answer = subject("text-generation").ask(self.item, parameters)
        observe("text-generation/temperature", answer, self.item, parameters)
        same(subject("text-generation").ask(self.item, parameters), answer)
        different(subject("text-generation").ask(self.item, {**parameters, "seed": 8}), answer)

    def test_draws_from_the_likeliest(self, subject, observe):
        parameters = {"max_new_tokens": 8, "temperature": 1.5, "top_p": 0.5, "seed": 7}
        observe(
            "text-generation/top-p",
            subject("text-generation").ask(self.item, parameters),
            self.item,
            parameters,
        )

    def test_writes_no_more_than_asked_for(self, subject, observe):
        short = subject("text-generation").ask(self.item, {"max_new_tokens": 3})["text"][0]
        long = subject("text-generation").ask(self.item, {"max_new_tokens": 8})["text"][0]
        assert len(short) < len(long)
        assert long.startswith(short)

    @pytest.mark.parametrize(
        "name, value", [("temperature", -1.0), ("max_new_tokens", "many"), ("max_new_tokens", 0)]
    )
    def test_refuses_parameters_that_make_no_sense(self, subject, observe, name, value):
        case = f"text-generation/bad-{name}-{value}"
        observe.refusal(case, lambda: subject("text-generation").ask(self.item, {name: value}))


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


REFERENCES = {
    "text-generation": text_generation,
    "feature-extraction": feature_extraction,
}
REQUESTS = {
    "text-generation": TEXT_GENERATION_REQUESTS,
    "feature-extraction": FEATURE_EXTRACTION_REQUESTS,
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
