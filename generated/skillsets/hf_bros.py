"""BROS: load a `bros` checkpoint and answer requests about texts.

Generated from specs/models/bros.yaml and specs/overlays/bros.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:bros`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.layouts import LayoutHandler, read_layouts

MODEL_ID = "jinho8345/bros-base-uncased"
ARCHITECTURE = "bros"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(LayoutHandler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes its words and their boxes, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "BrosModel"
    processor_class = "AutoTokenizer"
    processor_options = {"add_prefix_space": True}
    read = staticmethod(read_layouts)

    def answer(self, documents):
        inputs = self.placed(documents)
        mask = inputs["attention_mask"].unsqueeze(-1)
        hidden = self.model(**inputs).last_hidden_state[:, : mask.shape[1]]
        return {"embedding": ((hidden * mask).sum(1) / mask.sum(1)).tolist()}


class TokenClassification(LayoutHandler):
    """Label each token of a text.

    Takes its words and their boxes, or a list of each.
    Returns `tokens`: for each text: a list of {token, label, score}, in the order of the text.
    """

    task = "token-classification"
    model_class = "BrosForTokenClassification"
    processor_class = "AutoTokenizer"
    processor_options = {"add_prefix_space": True}
    read = staticmethod(read_layouts)

    def answer(self, documents):
        inputs = self.placed(documents)
        best = self.model(**inputs).logits.softmax(-1).max(-1)
        return {
            "tokens": [
                self.labelled(
                    page.words, self.place_of_words(inputs, row), best.values[row], best.indices[row]
                )
                for row, page in enumerate(documents)
            ]
        }

    def labelled(self, words, places, scores, labels):
        """A label for each word: that of its first token."""
        names = self.model.config.id2label
        return [
            {
                "token": words[word],
                "label": names[labels[places.index(word)].item()],
                "score": scores[places.index(word)].item(),
            }
            for word in sorted(set(places) - {None})
        ]


class hf_bros(Skillset):
    """BROS, loaded by path and called through the host's convention."""

    handlers = (
        FeatureExtraction,
        TokenClassification,
    )
