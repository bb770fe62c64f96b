"""TVP: load a `tvp` checkpoint and answer requests about texts.

Generated from specs/models/tvp.yaml and specs/overlays/tvp.yaml
by templates/skillsets/text_embedding.py.j2.
Change those and run `doit generate:tvp`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_told_videos

MODEL_ID = "Intel/tvp-base"
ARCHITECTURE = "tvp"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a text and the video it is about, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "TvpModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_told_videos)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, items):
        texts, videos = map(list, zip(*items, strict=True))
        inputs = self.tokenized(texts)
        clips = [video.sampled(self.model.config.num_frames) for video in videos]
        pixels = self.processor.image_processor(clips, return_tensors="pt").to(self.device)
        return {"embedding": self.model(**inputs, **pixels).pooler_output.tolist()}


class hf_tvp(Skillset):
    """TVP, loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
