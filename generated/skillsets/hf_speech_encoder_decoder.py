"""Speech Encoder Decoder Models: load a `speech-encoder-decoder` checkpoint and answer requests about recordings.

Generated from specs/models/speech-encoder-decoder.yaml and specs/overlays/speech-encoder-decoder.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:speech-encoder-decoder`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "facebook/wav2vec2-xls-r-300m-en-to-15"
ARCHITECTURE = "speech-encoder-decoder"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "SpeechEncoderDecoderModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # recordings of other lengths would be padded, which changes what is heard

    def answer(self, recordings):
        inputs = self.processor(
            audio=self.sounds(recordings), sampling_rate=self.sampling_rate, return_tensors="pt"
        ).to(self.device)
        tokens = self.model.generate(**inputs)
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class hf_speech_encoder_decoder(Skillset):
    """Speech Encoder Decoder Models, loaded by path and called through the host's convention."""

    handlers = (AutomaticSpeechRecognition,)
