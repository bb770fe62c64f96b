"""Evolla: load a `evolla` checkpoint and answer requests about images and texts.

Generated from specs/models/evolla.yaml and specs/overlays/evolla.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:evolla`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.special_inputs import read_protein_questions

MODEL_ID = "westlake-repl/Evolla-10B-hf"
ARCHITECTURE = "evolla"
TASK_TYPE = "protein-text-to-text"


class ProteinTextToText(Handler):
    """Answer a question about a protein.

    Takes a question and the protein that it is about, or a list of each; a protein is its residues and, for each, the letter of its fold, as {"aa_seq", "foldseek"}.
    Returns `text`: the text written for each question.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "protein-text-to-text"
    model_class = "EvollaForProteinText2Text"
    processor_class = "AutoProcessor"
    read = staticmethod(read_protein_questions)
    draws = True

    def answer(
        self, items, *, max_new_tokens: int = 20, temperature: float | None = None, top_p: float | None = None
    ):
        sampling = self.sampling(temperature, top_p)
        return {"text": [self.answer_one(*item, max_new_tokens, sampling) for item in items]}

    def answer_one(self, question, protein, max_new_tokens, sampling):
        """One by one; the processor would cut what is too long, so that it is given room to see that."""
        most, residues = self.processor.text_max_length, self.processor.protein_max_length
        inputs = self.processor(
            proteins=[protein],
            messages_list=[[{"role": "user", "content": question}]],
            text_max_length=most + 1,
            protein_max_length=residues + 1,
        ).to(self.device)
        self.check_length(inputs, most)
        self.check_length({"input_ids": inputs["protein_input_ids"]}, residues)
        tokens = self.model.generate(**inputs, max_new_tokens=max_new_tokens, **sampling)[0]
        return self.processor.tokenizer.decode(
            tokens[inputs["input_ids"].shape[1] :], skip_special_tokens=True
        )


class hf_evolla(Skillset):
    """Evolla, loaded by path and called through the host's convention."""

    handlers = (ProteinTextToText,)
