"""BLIP: load a `blip` checkpoint and answer requests about images and texts.

Generated from specs/models/blip.yaml and specs/overlays/blip.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:blip`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset, samples
from skillset_runtime.inputs import (
    fill_template,
    read_images,
    read_prompts,
    read_texts,
    read_texts_or_images,
    read_visual_questions,
)
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "Salesforce/blip-vqa-base"
ARCHITECTURE = "blip"
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
    model_class = "BlipForConditionalGeneration"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_prompts)
    draws = True
    one_image = True

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


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text, an image or a list of either.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "BlipModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_texts_or_images)

    def example(self):
        return {"text": samples.TEXT}

    def answer(self, items):
        if isinstance(items[0], str):
            features = self.model.get_text_features(**self.tokenized(items, padding=self.label_padding))
        else:
            inputs = self.processor(images=items, return_tensors="pt")
            features = self.model.get_image_features(**inputs.to(self.device))
        return {"embedding": features.pooler_output.tolist()}


class VisualQuestionAnswering(Handler):
    """Answer a question about an image.

    Takes a question and the image it is about, or a list of each.
    Returns `answers`: for each question: a list of {answer, score}, best first; a model that writes
    gives one, without a score.

    top_k: how many answers to return for each question, of a model that chooses among answers
    """

    task = "visual-question-answering"
    model_class = "BlipForQuestionAnswering"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_visual_questions)

    def answer(self, items, *, top_k: int = 5):
        return {"answers": [[{"answer": self.answer_one(*item)}] for item in items]}

    def answer_one(self, question, image):
        """One by one: which side of a question may be padded differs from encoder to decoder."""
        inputs = self.processor(image, question, return_tensors="pt").to(self.device)
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        tokens = self.model.generate(**inputs)
        return self.processor.decode(tokens[0], skip_special_tokens=True)


class ZeroShotImageClassification(Handler):
    """Say which of some texts describes an image best.

    Takes an image or a list of images.
    Returns `labels`: for each image: a list of {label, score}, best first, over the candidate labels.

    candidate_labels: the labels to choose from
    hypothesis_template: the text for each label, which stands for its braces
    """

    task = "zero-shot-image-classification"
    model_class = "BlipModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_images)

    def example(self):
        return {**super().example(), "candidate_labels": ["a cat", "a house"]}

    def answer(self, images, *, candidate_labels: list, hypothesis_template: str = "This is a photo of {}."):
        labels = read_texts(candidate_labels)
        texts = fill_template(hypothesis_template, labels)
        inputs = self.processor(text=texts, images=images, padding=self.label_padding, return_tensors="pt")
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        logits = self.model(**inputs.to(self.device)).logits_per_image
        probabilities = logits.sigmoid() if self.judges_pairs else logits.softmax(-1)
        return {"labels": [self.ranked(row, names=labels) for row in probabilities]}


class hf_blip(Skillset):
    """BLIP, loaded by path and called through the host's convention."""

    handlers = (
        ImageTextToText,
        FeatureExtraction,
        VisualQuestionAnswering,
        ZeroShotImageClassification,
    )
