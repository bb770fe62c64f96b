"""Jev: load a `jev` checkpoint and answer requests about texts.

Generated from specs/models/jev.yaml and specs/overlays/jev.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:jev`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "autotrust/JEV-9B"
ARCHITECTURE = "jev"
TASK_TYPE = "decision"


class Decision(Handler):
    """Answer questions with given options about the state of things that a text describes.

    Takes a text or a list of texts.
    Returns `decisions`: for each text: name of a question → its answer, with the probability of each
    option.

    questions: name → {type: noul, choice or score, instructions, criteria}
    """

    task = "decision"
    model_class = "JevForDecision"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # the model takes no mask that would hide padding

    def example(self):
        question = {
            "type": "choice",
            "instructions": "Which animal is it?",
            "criteria": {"cat": None, "dog": None},
        }
        return {**super().example(), "questions": {"animal": question}}

    def answer(self, texts: list[str], *, questions: dict):
        return {"decisions": [self.decided(text, questions) for text in texts]}

    def decided(self, text, questions):
        try:
            prompts = self.model.decision_config.prepare_inputs(
                {"state": text, "questions": questions}, self.processor
            )
        except ValueError as error:
            raise InputError(str(error)) from error
        answers = {}
        for inputs, asked in prompts:
            self.check_length(inputs, self.processor.model_max_length)
            inputs = {name: tensor.to(self.device) for name, tensor in inputs.items()}
            for question, scores in zip(
                asked, self.model.decide(**inputs, decision_questions=asked), strict=True
            ):
                answers[question.name] = question.answer(scores.softmax(-1).tolist())
        return answers


class hf_jev(Skillset):
    """Jev, loaded by path and called through the host's convention."""

    handlers = (Decision,)
