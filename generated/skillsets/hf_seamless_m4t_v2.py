"""SeamlessM4T-v2: load a `seamless_m4t_v2` checkpoint and answer requests about recordings.

Generated from specs/models/seamless_m4t_v2.yaml and specs/overlays/seamless_m4t_v2.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:seamless_m4t_v2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio, read_texts

MODEL_ID = "facebook/hf-seamless-m4t-medium"
ARCHITECTURE = "seamless_m4t_v2"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.

    language: the language that is spoken, as the checkpoint names it
    """

    task = "automatic-speech-recognition"
    model_class = "SeamlessM4Tv2ForSpeechToText"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # recordings of other lengths would be padded, which changes what is heard

    def example(self):
        return {**super().example(), "language": "eng"}

    def answer(self, recordings, *, language: str):
        inputs = self.processor(
            audio=self.sounds(recordings), sampling_rate=self.sampling_rate, return_tensors="pt"
        ).to(self.device)
        tokens = self.model.generate(**inputs, tgt_lang=language)
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


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
    model_class = "SeamlessM4Tv2ForTextToText"
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


class hf_seamless_m4t_v2(Skillset):
    """SeamlessM4T-v2, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        Text2textGeneration,
    )
