"""ViLT: load a `vilt` checkpoint and answer requests about images and texts.

Generated from specs/models/vilt.yaml and specs/overlays/vilt.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:vilt`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_prompts, read_visual_questions
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "dandelin/vilt-b32-mlm"
ARCHITECTURE = "vilt"
TASK_TYPE = "visual-question-answering"


class VisualQuestionAnswering(Handler):
    """Answer a question about an image.

    Takes a question and the image it is about, or a list of each.
    Returns `answers`: for each question: a list of {answer, score}, best first; a model that writes
    gives one, without a score.

    top_k: how many answers to return for each question, of a model that chooses among answers
    """

    task = "visual-question-answering"
    model_class = "ViltForQuestionAnswering"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_visual_questions)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, items, *, top_k: int = 5):
        questions, images = map(list, zip(*items, strict=True))
        inputs = self.processor(images, questions, padding=True, return_tensors="pt")
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        scores = self.model(**inputs.to(self.device)).logits.sigmoid()
        return {"answers": [self.named(row, top_k) for row in scores]}

    def named(self, scores, top_k):
        return [{"answer": found["label"], "score": found["score"]} for found in self.ranked(scores, top_k)]


class FeatureExtraction(PromptHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text and its image or images, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "ViltModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_prompts)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, prompts):
        inputs = self.prompted(prompts)
        mask = inputs["attention_mask"].unsqueeze(-1)
        hidden = self.model(**inputs).last_hidden_state[:, : mask.shape[1]]
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class hf_vilt(Skillset):
    """ViLT, loaded by path and called through the host's convention."""

    handlers = (
        VisualQuestionAnswering,
        FeatureExtraction,
    )
