"""The first call of a model in a low precision, asked again of one in float32."""

import torch
from transformers.modeling_outputs import BaseModelOutput

from generator.validation.first_call import FirstCall


class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)

    def forward(self, ids, encoder_outputs):
        return {"hidden": self.linear(encoder_outputs.last_hidden_state) * ids}


def test_what_a_model_was_given_in_its_precision_is_widened_for_the_other():
    torch.manual_seed(0)
    wide, narrow = Decoder(), Decoder().bfloat16()
    narrow.load_state_dict(wide.state_dict())
    first = FirstCall(narrow)
    ids, hidden = torch.tensor([[1], [2]]), torch.randn(2, 4)
    with torch.inference_mode():
        narrow(ids, encoder_outputs=BaseModelOutput(last_hidden_state=hidden.bfloat16()))
        narrow(ids * 0, encoder_outputs=BaseModelOutput(last_hidden_state=hidden.bfloat16()))
    assert 0 < first.accuracy(wide).error < 0.02
    torch.nn.init.zeros_(wide.linear.weight)
    assert first.accuracy(wide).error > 0.1


def test_a_model_that_was_not_called_tells_nothing():
    assert FirstCall(Decoder()).accuracy(Decoder()).error is None
