"""UDOP: load a `udop` checkpoint and answer requests about texts.

Generated from specs/models/udop.yaml and specs/overlays/udop.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:udop`; a change made here is reported and replaced.
"""

from skillset_runtime import Skillset
from skillset_runtime.layouts import LayoutHandler, read_document_questions

MODEL_ID = "microsoft/udop-large"
ARCHITECTURE = "udop"
TASK_TYPE = "document-question-answering"


class DocumentQuestionAnswering(LayoutHandler):
    """Answer a question about a page, whose words and their places are given.

    Takes a question, the picture of a page, its words and their boxes, or a list of each.
    Returns `answers`: for each question: {answer, score}; the score is the product of the span's end
    probabilities, and a model that writes gives none.
    """

    task = "document-question-answering"
    model_class = "UdopForConditionalGeneration"
    processor_class = "AutoProcessor"
    processor_options = {"apply_ocr": False, "backend": "pil"}
    read = staticmethod(read_document_questions)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, documents):
        inputs = self.processor(
            images=[page.image for page in documents],
            text=[page.question for page in documents],
            text_pair=[page.words for page in documents],
            boxes=[page.boxes for page in documents],
            padding=True,
            return_tensors="pt",
        ).to(self.device)
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        inputs["bbox"] = inputs["bbox"] / 1000  # the model reads places as shares of the page
        written = self.processor.batch_decode(self.model.generate(**inputs), skip_special_tokens=True)
        return {"answers": [{"answer": answer} for answer in written]}


class hf_udop(Skillset):
    """UDOP, loaded by path and called through the host's convention."""

    handlers = (DocumentQuestionAnswering,)

    unsupported = {
        "mps": "its boxes are in float32 on Metal, so it answers otherwise than with the float64 of other devices"
    }
