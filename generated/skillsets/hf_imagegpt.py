"""ImageGPT: load a `imagegpt` checkpoint and answer requests about images.

Generated from specs/models/imagegpt.yaml and specs/overlays/imagegpt.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:imagegpt`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "openai/imagegpt-small"
ARCHITECTURE = "imagegpt"
TASK_TYPE = "image-classification"


class ImageClassification(Handler):
    """Give an image a label and a score.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first.

    top_k: how many labels to return for each image
    """

    task = "image-classification"
    model_class = "ImageGPTForImageClassification"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def answer(self, images, *, top_k: int = 5):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class ImageCompletion(Handler):
    """Draw the rest of an image of which the upper part is given.

    Takes an image or a list of images.
    Returns `image`: for each image: floats from 0 to 1, shape (height, width, 3), at the size that the
    model draws.

    visible: which share of the image is given, from the top
    temperature: above 0, colours are drawn at this temperature; without it the likeliest is taken
    seed: makes drawing repeatable
    """

    task = "image-completion"
    model_class = "ImageGPTForCausalImageModeling"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    draws = True

    def answer(self, images, *, visible: float = 0.5, temperature: float | None = None):
        if not 0 < visible < 1:
            raise InputError(f"visible must be between 0 and 1, not {visible}")
        pixels = self.processor(images, return_tensors="pt")["input_ids"].to(self.device)
        length = pixels.shape[1]
        start = pixels.new_full((len(images), 1), self.model.config.vocab_size - 1)
        given = self.torch.cat([start, pixels[:, : max(1, round(visible * length))]], dim=1)
        drawn = self.model.generate(
            given,
            attention_mask=self.torch.ones_like(given),
            max_length=length + 1,
            min_length=length + 1,
            **self.sampling(temperature, None),
        )
        return {"image": [self.coloured(tokens).tolist() for tokens in drawn[:, 1:].cpu()]}

    def coloured(self, tokens):
        """Tokens as colours, shape (height, width, 3); the start token in their midst is the last colour."""
        size = self.processor.size
        colours = self.torch.tensor(self.processor.clusters, dtype=self.torch.float32)
        mean, std = (self.torch.tensor(v) for v in (self.processor.image_mean, self.processor.image_std))
        chosen = colours[tokens.clamp(max=len(colours) - 1)]
        return (chosen * std + mean).view(size["height"], size["width"], 3)


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "ImageGPTModel"
    processor_class = "AutoImageProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_imagegpt(Skillset):
    """ImageGPT, loaded by path and called through the host's convention."""

    handlers = (
        ImageClassification,
        ImageCompletion,
        ImageFeatureExtraction,
    )
