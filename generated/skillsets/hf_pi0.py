"""PI0: load a `pi0` checkpoint and answer requests about images and texts.

Generated from specs/models/pi0.yaml and specs/overlays/pi0.yaml
by templates/skillsets/multimodal.py.j2.
Change those and run `doit generate:pi0`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset, samples
from skillset_runtime.vision_inputs import read_scenes

MODEL_ID = "lerobot/pi0_base"
ARCHITECTURE = "pi0"
TASK_TYPE = "robotics"


class Robotics(Handler):
    """Say what a robot does next, from what its cameras see, what it is told and its state.

    Takes a text, the image or images of the cameras and the robot's state, a list of numbers; or a list of each.
    Returns `actions`: for each request: the coming steps, each a list of numbers, in the units of the
    actions it was trained on.

    seed: makes drawing repeatable
    """

    task = "robotics"
    model_class = "PI0ForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_scenes)
    batch_size = 1  # prompts with more images are longer, and the processor does not pad them
    draws = True

    def example(self):
        state = [0.0] * len(self.processor.state_mean)
        return {"text": samples.TEXT, "image": samples.Image("hills").make(), "state": state}

    def answer(self, scenes):
        (scene,) = scenes
        known = len(self.processor.state_mean)
        if len(scene.state) != known:
            raise InputError(f"the state has {len(scene.state)} numbers, and this robot's has {known}")
        inputs = self.processor(
            text=[scene.text], images=[list(scene.images)], state=[scene.state], return_tensors="pt"
        ).to(self.device)
        mean, deviation = map(self.torch.tensor, (self.processor.actions_mean, self.processor.actions_std))
        steps = self.model.sample_actions(**inputs)[..., : len(mean)].cpu()
        return {"actions": (steps * deviation + mean).tolist()}


class hf_pi0(Skillset):
    """PI0, loaded by path and called through the host's convention."""

    handlers = (Robotics,)
