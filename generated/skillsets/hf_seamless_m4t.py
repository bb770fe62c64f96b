"""SeamlessM4T: load a `seamless_m4t` checkpoint and answer requests about recordings.

Generated from specs/models/seamless_m4t.yaml and specs/overlays/seamless_m4t.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:seamless_m4t`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio, read_texts

MODEL_ID = "facebook/hf-seamless-m4t-medium"
ARCHITECTURE = "seamless_m4t"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.

    language: the language that is spoken, as the checkpoint names it
    """

    task = "automatic-speech-recognition"
    model_class = "SeamlessM4TForSpeechToText"
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


class TextToAudio(Handler):
    """Read a text aloud, or make the sound that it describes.

    Takes a text or a list of texts.
    Returns `audio`: for each text: {array, sampling_rate}; array is a list of floats, the rate is null
    where the checkpoint does not say.

    language: the language to speak, as the checkpoint names it
    seed: makes drawing repeatable
    """

    task = "text-to-audio"
    model_class = "SeamlessM4TForTextToSpeech"
    processor_class = "AutoProcessor"
    read = staticmethod(read_texts)
    batch_size = 1  # sound of other lengths would be padded, and drawn from another state of the generator
    draws = True

    def example(self):
        return {**super().example(), "language": "eng"}

    def answer(self, texts: list[str], *, language: str):
        inputs = self.processor(text=texts, return_tensors="pt").to(self.device)
        sound, _ = self.model.generate(**inputs, tgt_lang=language)
        return {"audio": [{"array": sound.flatten().tolist(), "sampling_rate": self.output_rate}]}


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
    model_class = "SeamlessM4TForTextToText"
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


class hf_seamless_m4t(Skillset):
    """SeamlessM4T, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        TextToAudio,
        Text2textGeneration,
    )
