"""Prompts with pictures or sounds in them, and where those stand among the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from skillset_runtime.errors import InputError
from skillset_runtime.handler import Handler
from skillset_runtime.inputs import Prompt


class PromptHandler(Handler):
    """A handler of texts about images or recordings."""

    image_token: ClassVar[str | None] = None
    """What stands for an image in a text, where it is not what the processor says."""
    audio_token: ClassVar[str | None] = None
    """What stands for a recording in a text, where it is not what the processor says."""
    one_image: ClassVar[bool] = False
    """Whether a text is about exactly one image, which the processor wants by itself."""
    frames: ClassVar[int | None] = None
    """How many images in order make the video that a text is about, where the model takes videos."""
    kinds_of_tokens: ClassVar[bool] = False
    """Whether the model must be told which tokens stand for an image; not every processor says so unasked."""

    def __init__(self, resources: Any, model: Any, processor: Any, placement: Any):
        super().__init__(resources, model, processor, placement)
        # Of the tokenizer alone: as an option of the processor it would put silence before recordings too.
        getattr(processor, "tokenizer", processor).padding_side = "left"

    def example(self) -> dict[str, Any]:
        """A text with its image, or with the images of its video."""
        request = super().example()
        return {**request, "image": [request["image"]] * self.frames} if self.frames else request

    def prompted(self, prompts: Sequence[Prompt]) -> Any:
        """The prompts as the model takes them: tokens, and the images and sounds that they speak of."""
        images = {"images": [self._images(prompt) for prompt in prompts]} if prompts[0].images else {}
        sounds = [sound for prompt in prompts for sound in self.sounds(prompt.sounds)]
        heard = {"audio": sounds, "sampling_rate": self.sampling_rate} if sounds else {}
        kinds = {"return_mm_token_type_ids": True} if self.kinds_of_tokens else {}
        # Texts alone, where there are sounds: a feature extractor pads those to the window that is heard.
        padding = {"text_kwargs": {"padding": True}} if sounds else {"padding": True}
        inputs = self.processor(
            text=[self.with_places(prompt) for prompt in prompts],
            **images,
            **heard,
            **kinds,
            **padding,
            return_tensors="pt",
        ).to(self.device)
        for name, tensor in inputs.items():  # some processors give half precision, whatever the model's is
            if self.torch.is_tensor(tensor) and tensor.is_floating_point():
                inputs[name] = tensor.to(self.model.dtype)
        return inputs

    def with_places(self, prompt: Prompt) -> str:
        """The prompt in the form the model was trained on, with a place for each image and sound."""
        wanted = {"image": len(prompt.images), "audio": len(prompt.sounds)}
        tokens = {kind: self._token(kind) for kind in wanted}
        placed = {kind: prompt.text.count(token) if token else 0 for kind, token in tokens.items()}
        if any(placed.values()):
            for kind, count in wanted.items():
                if placed[kind] != count:
                    raise InputError(f"the text has {placed[kind]} places for {count} of {kind}")
            return prompt.text
        if getattr(self.processor, "chat_template", None) is None:
            own = {"image": self.image_token or "", "audio": self.audio_token or ""}
            return "".join(own[kind] * count for kind, count in wanted.items()) + prompt.text
        content = [{"type": kind} for kind, count in wanted.items() for _ in range(count)]
        content.append({"type": "text", "text": prompt.text})
        return self.processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True
        )

    def written(self, tokens: Any, input_ids: Any) -> list[str]:
        """The texts that were written, without the prompts where the model repeats them."""
        length = input_ids.shape[1]
        if tokens.shape[1] > length and self.torch.equal(tokens[:, :length], input_ids):
            tokens = tokens[:, length:]
        return self.processor.batch_decode(tokens, skip_special_tokens=True)

    def _images(self, prompt: Prompt) -> Any:
        """The images of a prompt as the processor takes them."""
        if self.frames is not None and len(prompt.images) != self.frames:
            raise InputError(f"this model takes {self.frames} frames for each text, not {len(prompt.images)}")
        if not self.one_image:
            return list(prompt.images)
        if len(prompt.images) != 1:
            raise InputError(f"this model takes one image for each text, not {len(prompt.images)}")
        return prompt.images[0]

    def _token(self, kind: str) -> str:
        own = self.image_token if kind == "image" else self.audio_token
        return str(own or getattr(self.processor, f"{kind}_token", None) or "")
