"""PocketTTSAudioTokenizer: load a `pocket_tts_audio_tokenizer` checkpoint and answer requests about recordings.

Generated from specs/models/pocket_tts_audio_tokenizer.yaml and specs/overlays/pocket_tts_audio_tokenizer.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:pocket_tts_audio_tokenizer`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio

MODEL_ID = "eustlb/pocket-tts-audio-tokenizer"
ARCHITECTURE = "pocket_tts_audio_tokenizer"
TASK_TYPE = "audio-tokenization"


class AudioTokenization(Handler):
    """Write a recording as a few codes for each moment, and make it audible again from them.

    Takes a recording or a list of recordings.
    Returns `codes`: for each recording: whole numbers, or latent vectors where the model has no
    codebook, as it nests them.
    Returns `audio`: for each recording: {array, sampling_rate}, decoded from the codes; array is a list
    of floats.
    """

    task = "audio-tokenization"
    model_class = "PocketTTSAudioTokenizerModel"
    processor_class = "AutoFeatureExtractor"
    read = staticmethod(read_audio)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, recordings):
        inputs = self.processor(
            self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        latents = self.model.encode(**inputs).latents
        sound = self.model.decode(latents)[0]
        return {
            "codes": latents.tolist(),
            "audio": [{"array": sound.flatten().tolist(), "sampling_rate": self.sampling_rate}],
        }


class hf_pocket_tts_audio_tokenizer(Skillset):
    """PocketTTSAudioTokenizer, loaded by path and called through the host's convention."""

    handlers = (AudioTokenization,)
