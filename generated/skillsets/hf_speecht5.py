"""SpeechT5: load a `speecht5` checkpoint and answer requests about recordings.

Generated from specs/models/speecht5.yaml and specs/overlays/speecht5.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:speecht5`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_audio, read_texts

MODEL_ID = "microsoft/speecht5_asr"
ARCHITECTURE = "speecht5"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "SpeechT5ForSpeechToText"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        inputs = self.processor(
            audio=self.sounds(recordings), sampling_rate=self.sampling_rate, return_tensors="pt"
        ).to(self.device)
        tokens = self.model.generate(**inputs)
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class TextToSpectrogram(Handler):
    """Read a text aloud as a spectrogram, which a vocoder makes audible.

    Takes a text or a list of texts.
    Returns `spectrogram`: for each text: floats, shape (frames, mel bins).

    speaker: the vector of a voice, as the task audio-xvector gives it
    seed: makes drawing repeatable
    """

    task = "text-to-spectrogram"
    model_class = "SpeechT5ForTextToSpeech"
    processor_class = "AutoProcessor"
    read = staticmethod(read_texts)
    batch_size = 1  # padding a batch would change the answers of this model
    draws = True

    def example(self):
        return {**super().example(), "speaker": [0.0] * self.model.config.speaker_embedding_dim}

    def answer(self, texts: list[str], *, speaker: list):
        inputs = self.processor(text=texts, return_tensors="pt").to(self.device)
        width = self.model.config.speaker_embedding_dim
        if len(speaker) != width:
            raise InputError(f"speaker has {len(speaker)} numbers; the model's voices have {width}")
        voice = self.torch.tensor([speaker], dtype=self.torch.float32, device=self.device)
        spectrogram = self.model.generate_speech(inputs["input_ids"], voice)
        return {"spectrogram": [spectrogram.tolist()]}


class hf_speecht5(Skillset):
    """SpeechT5, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        TextToSpectrogram,
    )
