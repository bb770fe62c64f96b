"""EncoderDecoder: load a `encoder-decoder` checkpoint and answer texts with texts.

Generated from specs/models/encoder-decoder.yaml and specs/overlays/encoder-decoder.yaml
by templates/skillsets/text2text_generation.py.j2.
Change those and run `doit generate:encoder-decoder`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "patrickvonplaten/bert2bert_cnn_daily_mail"
ARCHITECTURE = "encoder-decoder"
TASK_TYPE = "text2text-generation"


class Text2textGeneration(Handler):
    """Turn a text into another, as in translation and summaries.

    Takes a text or a list of texts.
    Returns `text`: the text written for each input.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "text2text-generation"
    model_class = "EncoderDecoderModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    draws = True

    def answer(
        self,
        texts: list[str],
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.tokenized(texts)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class hf_encoder_decoder(Skillset):
    """EncoderDecoder, loaded by path and called through the host's convention."""

    handlers = (Text2textGeneration,)
