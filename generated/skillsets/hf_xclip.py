"""X-CLIP: load a `xclip` checkpoint and answer requests about images and texts.

Generated from specs/models/xclip.yaml and specs/overlays/xclip.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:xclip`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts
from skillset_runtime.vision_inputs import read_videos

MODEL_ID = "microsoft/xclip-base-patch32"
ARCHITECTURE = "xclip"
TASK_TYPE = "zero-shot-video-classification"


class ZeroShotVideoClassification(Handler):
    """Say which of some texts describes a video best.

    Takes a video or a list of videos.
    Returns `labels`: for each video: a list of {label, score}, best first, over the candidate texts.

    candidate_labels: the texts to choose from
    """

    task = "zero-shot-video-classification"
    model_class = "XCLIPModel"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_videos)

    def example(self):
        return {**super().example(), "candidate_labels": ["a cat", "a house"]}

    def answer(self, videos, *, candidate_labels: list):
        labels = read_texts(candidate_labels)
        count = self.model.config.vision_config.num_frames
        clips = [video.sampled(count) for video in videos]
        inputs = self.processor(text=labels, videos=clips, padding=True, return_tensors="pt")
        self.check_length(inputs, self.processor.tokenizer.model_max_length)
        outputs = self.model(**inputs.to(self.device))
        probabilities = outputs.logits_per_video.softmax(-1)
        return {"labels": [self.ranked(row, names=labels) for row in probabilities]}


class hf_xclip(Skillset):
    """X-CLIP, loaded by path and called through the host's convention."""

    handlers = (ZeroShotVideoClassification,)
