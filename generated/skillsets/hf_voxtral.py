"""Voxtral: load a `voxtral` checkpoint and answer requests about recordings.

Generated from specs/models/voxtral.yaml and specs/overlays/voxtral.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:voxtral`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio, read_spoken_prompts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "mistralai/Voxtral-Mini-3B-2507"
ARCHITECTURE = "voxtral"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "VoxtralForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # each recording has a prompt as long as itself

    def answer(self, recordings):
        inputs = self.processor.apply_transcription_request(
            audio=self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            format="wav",
            model_id=self.model.name_or_path,
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
    model_class = "VoxtralForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_spoken_prompts)
    batch_size = 1  # each recording has a prompt as long as itself
    draws = True

    def answer(
        self,
        prompts,
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.processor.apply_chat_template([self.chat(prompt) for prompt in prompts]).to(self.device)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.written(tokens, inputs["input_ids"])}

    def chat(self, prompt):
        """A prompt as the one turn of a chat, with its recordings as files."""
        content = [{"type": "audio", "base64": sound.wav(self.sampling_rate)} for sound in prompt.sounds]
        return [{"role": "user", "content": [*content, {"type": "text", "text": prompt.text}]}]


class hf_voxtral(Skillset):
    """Voxtral, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        AudioTextToText,
    )
