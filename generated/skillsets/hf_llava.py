"""LLaVa: load a `llava` checkpoint and answer requests about images and texts.

Generated from specs/models/llava.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:llava`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset, handler_factory, initializer
from skillset_runtime.inputs import read_prompts

MODEL_ID = "llava-hf/llava-1.5-7b-hf"
ARCHITECTURE = "llava"
TASK_TYPE = "image-text-to-text"


class ImageTextToText(Handler):
    """Answer a prompt about one or several images.

    Takes a text and its image or images, or a list of each.
    Returns `text`: the text written for each prompt.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "image-text-to-text"
    model_class = "LlavaForConditionalGeneration"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil", "padding_side": "left"}
    read = staticmethod(read_prompts)
    draws = True

    def answer(
        self,
        prompts,
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.processor(
            text=[self.with_placeholders(prompt) for prompt in prompts],
            images=[image for prompt in prompts for image in prompt.images],
            padding=True,
            return_tensors="pt",
        ).to(self.device)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        written = tokens[:, inputs["input_ids"].shape[1] :]
        return {"text": self.processor.batch_decode(written, skip_special_tokens=True)}

    def with_placeholders(self, prompt):
        """The prompt in the form the model was trained on, with a place for each image."""
        placed = prompt.text.count("<image>")
        if placed == len(prompt.images):
            return prompt.text
        if placed:
            raise InputError(f"the text has {placed} places for {len(prompt.images)} images")
        if self.processor.chat_template is None:
            return "<image>" * len(prompt.images) + prompt.text
        content = [{"type": "image"} for _ in prompt.images] + [{"type": "text", "text": prompt.text}]
        return self.processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True
        )


class hf_llava(Skillset):
    """LLaVa, loaded by path and called through the host's convention."""

    handlers = (ImageTextToText,)

    init_cpu = initializer("cpu")
    create_cpu_image_text_to_text_endpoint_handler = handler_factory("cpu", ImageTextToText)
