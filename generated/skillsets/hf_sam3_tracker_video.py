"""SAM3 Tracker Video: load a `sam3_tracker_video` checkpoint and answer requests about images.

Generated from specs/models/sam3_tracker_video.yaml and specs/overlays/sam3_tracker_video.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:sam3_tracker_video`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_pointed_videos

MODEL_ID = "facebook/sam3"
ARCHITECTURE = "sam3_tracker_video"
TASK_TYPE = "object-tracking"


class ObjectTracking(Handler):
    """Outline the object at some points of a video's first frame, or within a box, in every frame.

    Takes a video, with points of the object in its first frame ([x, y] in pixels), points beside it, or a box
    around it ([xmin, ymin, xmax, ymax]); or a list of videos with a list of each.
    Returns `masks`: for each video: a mask for each frame, a map of booleans, shape (height, width).

    mask_threshold: a pixel belongs to the object if its logit is above this
    """

    task = "object-tracking"
    model_class = "Sam3TrackerVideoModel"
    processor_class = "AutoProcessor"
    read = staticmethod(read_pointed_videos)
    batch_size = 1  # a session holds one video

    def answer(self, videos, *, mask_threshold: float = 0.0):
        (asked,) = videos
        first = asked.video.frames[0]
        session = self.processor.init_video_session(
            video=list(asked.video.frames), inference_device=self.device
        )
        self.processor.add_inputs_to_inference_session(session, frame_idx=0, obj_ids=1, **asked.prompts)
        outputs = self.model.propagate_in_video_iterator(session, start_frame_idx=0)
        logits = self.torch.cat([output.pred_masks for output in outputs])
        (masks,) = self.processor.post_process_masks(
            [logits], original_sizes=[[first.height, first.width]], mask_threshold=mask_threshold
        )
        return {"masks": [masks[:, 0].tolist()]}


class hf_sam3_tracker_video(Skillset):
    """SAM3 Tracker Video, loaded by path and called through the host's convention."""

    handlers = (ObjectTracking,)
