"""HiggsAudioV2: load a `higgs_audio_v2` checkpoint and answer requests about recordings.

Generated from specs/models/higgs_audio_v2.yaml and specs/overlays/higgs_audio_v2.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:higgs_audio_v2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "bosonai/higgs-audio-v2-generation-3B-base"
ARCHITECTURE = "higgs_audio_v2"
TASK_TYPE = "text-to-audio"


class TextToAudio(Handler):
    """Read a text aloud, or make the sound that it describes.

    Takes a text or a list of texts.
    Returns `audio`: for each text: {array, sampling_rate}; array is a list of floats, the rate is null
    where the checkpoint does not say.

    max_new_tokens: how many moments to make at most; the codec says how long each is
    seed: makes drawing repeatable
    """

    task = "text-to-audio"
    model_class = "HiggsAudioV2ForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_texts)
    batch_size = 1  # sound of other lengths would be padded, and drawn from another state of the generator
    draws = True

    def answer(self, texts: list[str], *, max_new_tokens: int = 256):
        chats = [[{"role": "user", "content": [{"type": "text", "text": text}]}] for text in texts]
        inputs = self.processor.apply_chat_template(
            chats, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        ).to(self.device)
        codes = self.model.generate(**inputs, max_new_tokens=max_new_tokens)
        # The processor's own model makes the sound, wherever that is.
        (sound,) = self.processor.batch_decode(codes.to(self.processor.audio_tokenizer.device))
        return {"audio": [{"array": sound.flatten().tolist(), "sampling_rate": self.output_rate}]}


class hf_higgs_audio_v2(Skillset):
    """HiggsAudioV2, loaded by path and called through the host's convention."""

    handlers = (TextToAudio,)
