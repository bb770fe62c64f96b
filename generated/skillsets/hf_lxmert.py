"""LXMERT: load a `lxmert` checkpoint and answer requests about images and texts.

Generated from specs/models/lxmert.yaml and specs/overlays/lxmert.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:lxmert`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset, samples
from skillset_runtime.special_inputs import read_region_questions

MODEL_ID = "unc-nlp/lxmert-base-uncased"
ARCHITECTURE = "lxmert"
TASK_TYPE = "visual-question-answering"


class VisualQuestionAnswering(Handler):
    """Answer a question about an image.

    Takes a question, and the features and boxes of the regions that a detector found in the image it is about, or a list of each.
    Returns `answers`: for each question: a list of {answer, score}, best first; a model that writes
    gives one, without a score.

    top_k: how many answers to return for each question, of a model that chooses among answers
    """

    task = "visual-question-answering"
    model_class = "LxmertForQuestionAnswering"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_region_questions)

    def example(self):
        features = samples.series(2, self.model.config.visual_feat_dim)
        boxes = [[0.0, 0.0, 0.5, 1.0], [0.5, 0.0, 1.0, 1.0]]
        return {"question": "What is it?", "features": features, "boxes": boxes}

    def answer(self, items, *, top_k: int = 5):
        return {"answers": [self.answer_one(*item, top_k) for item in items]}

    def answer_one(self, question, features, boxes, top_k):
        """One by one: images do not have equally many regions."""
        width = self.model.config.visual_feat_dim
        if features.shape[1] != width:
            raise InputError(f"a region has {features.shape[1]} features; give {width}")
        regions = {"visual_feats": features, "visual_pos": boxes}
        arrays = {name: self.torch.from_numpy(array[None]).to(self.device) for name, array in regions.items()}
        scores = self.model(**self.tokenized([question]), **arrays).question_answering_score.softmax(-1)
        found = self.ranked(scores[0], top_k)
        return [{"answer": answer["label"], "score": answer["score"]} for answer in found]


class hf_lxmert(Skillset):
    """LXMERT, loaded by path and called through the host's convention."""

    handlers = (VisualQuestionAnswering,)
