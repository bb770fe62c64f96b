"""SAM2 Video: load a `sam2_video` checkpoint and answer requests about images.

Generated from specs/models/sam2_video.yaml and specs/overlays/sam2_video.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:sam2_video`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.vision_inputs import read_pointed_images, read_pointed_videos

MODEL_ID = "facebook/sam2.1-hiera-tiny"
ARCHITECTURE = "sam2_video"
TASK_TYPE = "mask-generation"


class MaskGeneration(Handler):
    """Outline the object at some points of an image, or within a box.

    Takes an image, with points of the object ([x, y] in pixels), points beside it, or a box around it
    ([xmin, ymin, xmax, ymax]); or a list of images with a list of each.
    Returns `masks`: for each image: the candidate masks, best first, each a map of booleans, shape
    (height, width).
    Returns `scores`: for each image: how well each mask is thought to fit.

    mask_threshold: a pixel belongs to the object if its logit is above this
    """

    task = "mask-generation"
    model_class = "Sam2Model"
    processor_class = "AutoProcessor"
    read = staticmethod(read_pointed_images)
    batch_size = 1  # images with more or fewer points than others would be padded with points

    def answer(self, images, *, mask_threshold: float = 0.0):
        (asked,) = images
        inputs = self.processor(images=asked.image, **asked.prompts, return_tensors="pt").to(
            self.device, self.torch.float32
        )  # points come in float64, which not every device has
        outputs = self.model(**inputs)
        sizes = {name: inputs[name] for name in ("original_sizes", "reshaped_input_sizes") if name in inputs}
        (masks,) = self.processor.post_process_masks(
            outputs.pred_masks, mask_threshold=mask_threshold, **sizes
        )
        scores, order = outputs.iou_scores[0, 0].sort(descending=True)
        return {"masks": [masks[0, order].tolist()], "scores": [scores.tolist()]}


class ObjectTracking(Handler):
    """Outline the object at some points of a video's first frame, or within a box, in every frame.

    Takes a video, with points of the object in its first frame ([x, y] in pixels), points beside it, or a box
    around it ([xmin, ymin, xmax, ymax]); or a list of videos with a list of each.
    Returns `masks`: for each video: a mask for each frame, a map of booleans, shape (height, width).

    mask_threshold: a pixel belongs to the object if its logit is above this
    """

    task = "object-tracking"
    model_class = "Sam2VideoModel"
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


class hf_sam2_video(Skillset):
    """SAM2 Video, loaded by path and called through the host's convention."""

    handlers = (
        MaskGeneration,
        ObjectTracking,
    )
