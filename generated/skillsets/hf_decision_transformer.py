"""Decision Transformer: load a `decision_transformer` checkpoint and answer requests about series of measurements.

Generated from specs/models/decision_transformer.yaml and specs/overlays/decision_transformer.yaml
by templates/skillsets/time_series.py.j2.
Change those and run `doit generate:decision_transformer`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, InputError, Skillset, samples
from skillset_runtime.special_inputs import read_trajectories

MODEL_ID = "edbeeching/decision-transformer-gym-hopper-medium"
ARCHITECTURE = "decision_transformer"
TASK_TYPE = "action-prediction"


class ActionPrediction(Handler):
    """Choose what to do next, so that what is still to be gained will be.

    Takes the states, actions and returns to go of a trajectory's steps, or a list of each; the last action is what is asked for, and not read.
    Returns `action`: the action of the last step of each trajectory, floats.
    """

    task = "action-prediction"
    model_class = "DecisionTransformerModel"
    read = staticmethod(read_trajectories)

    def example(self):
        config = self.model.config
        widths = {"states": config.state_dim, "actions": config.act_dim, "returns_to_go": 1}
        return {name: samples.series(4, width) for name, width in widths.items()}

    def answer(self, trajectories):
        return {"action": [self.next_action(*each) for each in trajectories]}

    def next_action(self, states, actions, returns_to_go):
        config = self.model.config
        if (states.shape[1], actions.shape[1], returns_to_go.shape[1]) != (
            config.state_dim,
            config.act_dim,
            1,
        ):
            raise InputError(
                f"give states of {config.state_dim} numbers, actions of {config.act_dim}, and one return"
            )
        if len(states) > config.max_ep_len:
            raise InputError(
                f"there are {len(states)} steps, and the model looks back over {config.max_ep_len}"
            )
        steps = {"states": states, "actions": actions, "returns_to_go": returns_to_go}
        inputs = {name: self.torch.from_numpy(array[None]).to(self.device) for name, array in steps.items()}
        timesteps = self.torch.arange(len(states), device=self.device)[None]
        outputs = self.model(**inputs, timesteps=timesteps, attention_mask=self.torch.ones_like(timesteps))
        return outputs.action_preds[0, -1].tolist()


class hf_decision_transformer(Skillset):
    """Decision Transformer, loaded by path and called through the host's convention."""

    handlers = (ActionPrediction,)
