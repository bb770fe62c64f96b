"""MossTranscribeDiarize: load a `moss_transcribe_diarize` checkpoint and answer requests about recordings.

Generated from specs/models/moss_transcribe_diarize.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:moss_transcribe_diarize`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio, read_spoken_prompts, read_texts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "hf-audio/MOSS-Transcribe-Diarize-HF"
ARCHITECTURE = "moss_transcribe_diarize"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "MossTranscribeDiarizeForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # each recording has a prompt as long as itself

    def answer(self, recordings):
        inputs = self.processor.apply_transcription_request(
            audio=self.sounds(recordings), return_tensors="pt"
        ).to(self.device)
        prompt = inputs.get("input_ids", inputs.get("decoder_input_ids"))
        tokens = self.model.generate(**inputs)[:, prompt.shape[1] :]
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class AudioTextToText(PromptHandler):
    """Answer a prompt about one or several recordings.

    Takes a text and its recording or recordings, or a list of each.
    Returns `text`: the text written for each prompt.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "audio-text-to-text"
    model_class = "MossTranscribeDiarizeForConditionalGeneration"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_spoken_prompts)
    draws = True
    audio_token = "<|audio_pad|>"

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


class TextGeneration(Handler):
    """Continue a prompt.

    Takes a prompt or a list of prompts.
    Returns `text`: the continuation of each prompt.

    max_new_tokens: how many tokens to add at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "text-generation"
    model_class = "MossTranscribeDiarizeForConditionalGeneration"
    processor_class = "AutoTokenizer"
    processor_options = {"padding_side": "left"}
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
        self.check_room(inputs, max_new_tokens)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        written = tokens[:, inputs["input_ids"].shape[1] :]
        return {"text": self.processor.batch_decode(written, skip_special_tokens=True)}


class hf_moss_transcribe_diarize(Skillset):
    """MossTranscribeDiarize, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        AudioTextToText,
        TextGeneration,
    )
