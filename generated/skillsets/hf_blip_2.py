"""BLIP-2: load a `blip-2` checkpoint and answer requests about images and texts.

Generated from specs/models/blip-2.yaml and specs/overlays/blip-2.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:blip-2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import (
    fill_template,
    read_images,
    read_prompts,
    read_texts,
    read_visual_questions,
)
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "Salesforce/blip2-opt-2.7b"
ARCHITECTURE = "blip-2"
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
    model_class = "Blip2ForConditionalGeneration"
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


class VisualQuestionAnswering(Handler):
    """Answer a question about an image.

    Takes a question and the image it is about, or a list of each.
    Returns `answers`: for each question: a list of {answer, score}, best first; a model that writes
    gives one, without a score.

    top_k: how many answers to return for each question, of a model that chooses among answers
    """

    task = "visual-question-answering"
    model_class = "Blip2ForConditionalGeneration"
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
    model_class = "Blip2ForImageTextRetrieval"
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


class hf_blip_2(Skillset):
    """BLIP-2, loaded by path and called through the host's convention."""

    handlers = (
        ImageTextToText,
        VisualQuestionAnswering,
        ZeroShotImageClassification,
    )
