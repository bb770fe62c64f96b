"""V-JEPA 2: load a `vjepa2` checkpoint and answer requests about images.

Generated from specs/models/vjepa2.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:vjepa2`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_videos

MODEL_ID = "facebook/vjepa2-vitl-fpc64-256"
ARCHITECTURE = "vjepa2"
TASK_TYPE = "video-classification"


class VideoClassification(Handler):
    """Give a video a label and a score.

    Takes a video or a list of videos.
    Returns `labels`: for each video: a list of {label, score}, best first.

    top_k: how many labels to return for each video
    """

    task = "video-classification"
    model_class = "VJEPA2ForVideoClassification"
    processor_class = "AutoVideoProcessor"
    read = staticmethod(read_videos)

    def answer(self, videos, *, top_k: int = 5):
        config = self.model.config
        count = getattr(config, "num_frames", None) or config.frames_per_clip
        clips = [video.sampled(count) for video in videos]
        inputs = self.processor(clips, return_tensors="pt").to(self.device)
        probabilities = self.probabilities(self.model(**inputs).logits)
        return {"labels": [self.ranked(row, top_k) for row in probabilities]}


class VideoFeatureExtraction(Handler):
    """Turn a video into a vector that places like videos close to each other.

    Takes a video or a list of videos.
    Returns `embedding`: one vector of floats for each video, shape (batch, width).
    """

    task = "video-feature-extraction"
    model_class = "VJEPA2Model"
    processor_class = "AutoVideoProcessor"
    read = staticmethod(read_videos)

    def answer(self, videos):
        config = self.model.config
        count = getattr(config, "num_frames", None) or config.frames_per_clip
        clips = [video.sampled(count) for video in videos]
        inputs = self.processor(clips, return_tensors="pt").to(self.device)
        return {"embedding": self.model(**inputs).last_hidden_state.mean(1).tolist()}


class hf_vjepa2(Skillset):
    """V-JEPA 2, loaded by path and called through the host's convention."""

    handlers = (
        VideoClassification,
        VideoFeatureExtraction,
    )
