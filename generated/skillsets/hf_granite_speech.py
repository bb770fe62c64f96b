"""Granite Speech: load a `granite_speech` checkpoint and answer requests about recordings.

Generated from specs/models/granite_speech.yaml and specs/overlays/granite_speech.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:granite_speech`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio, read_spoken_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "ibm-granite/granite-speech-3.3-2b"
ARCHITECTURE = "granite_speech"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.

    instruction: what a model that follows instructions is asked to do with a recording
    """

    task = "automatic-speech-recognition"
    model_class = "GraniteSpeechForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # each recording has a prompt as long as itself

    def answer(
        self, recordings, *, instruction: str = "Can you transcribe the speech into a written format?"
    ):
        chats = [
            [
                {
                    "role": "user",
                    "content": [{"type": "audio", "audio": sound}, {"type": "text", "text": instruction}],
                }
            ]
            for sound in self.sounds(recordings)
        ]
        inputs = self.processor.apply_chat_template(
            chats, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        ).to(self.device)
        tokens = self.model.generate(**inputs)[:, inputs["input_ids"].shape[1] :]
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
    model_class = "GraniteSpeechForConditionalGeneration"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_spoken_prompts)
    draws = True
    audio_token = "<|audio|>"

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


class hf_granite_speech(Skillset):
    """Granite Speech, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        AudioTextToText,
    )
