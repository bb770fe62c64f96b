"""Dots3Note: load a `dots3_note` checkpoint and answer requests about images and texts.

Generated from specs/models/dots3_note.yaml and specs/overlays/dots3_note.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:dots3_note`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_any_prompts, read_prompts, read_spoken_prompts, read_texts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "dots-studio/dots3-note-prev"
ARCHITECTURE = "dots3_note"
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
    model_class = "Dots3NoteForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_prompts)
    draws = True
    audio_token = "<|audio_comp_pad|>"
    image_token = "<|imgpad|>"

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


class AnyToAny(PromptHandler):
    """Answer a prompt about images, recordings or both.

    Takes a text and its image or images, its recording or recordings, or both; or a list of each.
    Returns `text`: the text written for each prompt.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "any-to-any"
    model_class = "Dots3NoteForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_any_prompts)
    draws = True
    audio_token = "<|audio_comp_pad|>"
    image_token = "<|imgpad|>"

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


class AudioTextToText(PromptHandler):
    """Answer a prompt about one or several recordings.

    Takes a text and its recording or recordings, or a list of each.
    Returns `text`: the text written for each prompt.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "audio-text-to-text"
    model_class = "Dots3NoteForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_spoken_prompts)
    draws = True
    audio_token = "<|audio_comp_pad|>"
    image_token = "<|imgpad|>"

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


class FeatureExtraction(PromptHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text and its image or images, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "Dots3NoteModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_prompts)
    audio_token = "<|audio_comp_pad|>"
    image_token = "<|imgpad|>"

    def answer(self, prompts):
        inputs = self.prompted(prompts)
        mask = inputs["attention_mask"].unsqueeze(-1)
        hidden = self.model(**inputs).last_hidden_state[:, : mask.shape[1]]
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class TextGeneration(Handler):
    """Continue a prompt.

    Takes a prompt or a list of prompts.
    Returns `text`: the continuation of each prompt.

    max_new_tokens: how many tokens to add at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "text-generation"
    model_class = "Dots3NoteForCausalLM"
    processor_class = "AutoTokenizer"
    processor_options = {"padding_side": "left"}
    read = staticmethod(read_texts)
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
        self.check_room(inputs, max_new_tokens)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        written = tokens[:, inputs["input_ids"].shape[1] :]
        return {"text": self.processor.batch_decode(written, skip_special_tokens=True)}


class hf_dots3_note(Skillset):
    """Dots3Note, loaded by path and called through the host's convention."""

    handlers = (
        ImageTextToText,
        AnyToAny,
        AudioTextToText,
        FeatureExtraction,
        TextGeneration,
    )
