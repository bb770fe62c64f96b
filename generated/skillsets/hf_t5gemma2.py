"""T5Gemma 2: load a `t5gemma2` checkpoint and answer requests about images and texts.

Generated from specs/models/t5gemma2.yaml and specs/overlays/t5gemma2.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:t5gemma2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_prompts, read_texts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "google/t5gemma-2-270m-270m"
ARCHITECTURE = "t5gemma2"
TASK_TYPE = "image-text-to-text"


class ImageTextToText(PromptHandler):
    """Answer a prompt about one or several images.

    Takes a text and its image or images, or a list of each.
    Returns `text`: the text written for each prompt.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "image-text-to-text"
    model_class = "T5Gemma2ForConditionalGeneration"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_prompts)
    batch_size = 1  # padding a batch would change the answers of this model
    draws = True
    image_token = "<start_of_image>"

    def answer(
        self,
        prompts,
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.prompted(prompts)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.written(tokens, inputs["input_ids"])}


class TextClassification(Handler):
    """Give a text a label and a score.

    Takes a text or a list of texts.
    Returns `labels`: for each text: a list of {label, score}, best first.

    top_k: how many labels to return for each text
    """

    task = "text-classification"
    model_class = "T5Gemma2ForSequenceClassification"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, texts: list[str], *, top_k: int = 1):
        inputs = self.tokenized(texts)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class Text2textGeneration(Handler):
    """Turn a text into another, as in translation and summaries.

    Takes a text or a list of texts.
    Returns `text`: the text written for each input.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "text2text-generation"
    model_class = "T5Gemma2ForConditionalGeneration"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # padding a batch would change the answers of this model
    draws = True

    def answer(
        self,
        texts: list[str],
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.tokenized(texts)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class TokenClassification(Handler):
    """Label each token of a text.

    Takes a text or a list of texts.
    Returns `tokens`: for each text: a list of {token, label, score}, in the order of the text.
    """

    task = "token-classification"
    model_class = "T5Gemma2ForTokenClassification"
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


class hf_t5gemma2(Skillset):
    """T5Gemma 2, loaded by path and called through the host's convention."""

    handlers = (
        ImageTextToText,
        TextClassification,
        Text2textGeneration,
        TokenClassification,
    )
