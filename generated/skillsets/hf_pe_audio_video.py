"""PE Audio Video (Perception Encoder Audio-Video): load a `pe_audio_video` checkpoint and answer requests about images and texts.

Generated from specs/models/pe_audio_video.yaml and specs/overlays/pe_audio_video.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:pe_audio_video`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_videos_with_sound

MODEL_ID = "facebook/pe-av-large"
ARCHITECTURE = "pe_audio_video"
TASK_TYPE = "feature-extraction"


class FeatureExtraction(Handler):
    """Turn the input into vectors that place like inputs close to each other.

    Takes a video and the recording that goes with it, or a list of each.
    Returns `embedding`: one vector of floats for each input, shape (batch, width).
    """

    task = "feature-extraction"
    model_class = "PeAudioVideoModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_videos_with_sound)
    batch_size = (
        1  # videos and recordings of other lengths would be padded, which changes what is seen and heard
    )

    def answer(self, scenes):
        videos, recordings = zip(*scenes, strict=True)
        inputs = self.processor(
            videos=[list(video.frames) for video in videos],
            audio=self.sounds(recordings),
            sampling_rate=self.sampling_rate,
            return_tensors="pt",
        ).to(self.device)
        return {"embedding": self.model(**inputs).audio_video_embeds.tolist()}


class hf_pe_audio_video(Skillset):
    """PE Audio Video (Perception Encoder Audio-Video), loaded by path and called through the host's convention."""

    handlers = (FeatureExtraction,)
