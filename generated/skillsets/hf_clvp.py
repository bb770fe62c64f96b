"""CLVP: load a `clvp` checkpoint and answer requests about texts.

Generated from specs/models/clvp.yaml and specs/overlays/clvp.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:clvp`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset
from skillset_runtime.inputs import read_spoken_prompts

MODEL_ID = "susnato/clvp_dev"
ARCHITECTURE = "clvp"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text and a recording of the voice that says it, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "ClvpModelForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_spoken_prompts)

    def answer(self, prompts):
        return {"embedding": [self.voiced(prompt) for prompt in prompts]}

    def voiced(self, prompt):
        """The vector of the speech that the model hears in a text when this voice says it."""
        if len(prompt.sounds) != 1:
            raise InputError(f"a text is said by one voice, not by {len(prompt.sounds)}")
        [sound] = self.sounds(prompt.sounds)
        most = self.processor.feature_extractor.default_audio_length
        if len(sound) > most * self.sampling_rate:
            raise InputError(f"the recording of a voice may last {most} s; send a part of it")
        inputs = self.processor(
            text=[prompt.text], audio=sound, sampling_rate=self.sampling_rate, return_tensors="pt"
        )
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        return self.model(**inputs.to(self.device)).speech_embeds[0].tolist()


class hf_clvp(Skillset):
    """CLVP, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
