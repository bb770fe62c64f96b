"""What engines and exporters would compute otherwise than torch, rewritten or refused."""

import pytest
import torch
import transformers
from exported_models import ENGINES, Scaled, ids, opened, reference, saved

from skillset_runtime import exported
from skillset_runtime.errors import SkillsetError

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")


class Halves(Scaled):
    """How many tokens are left where every second one is dropped, as models of sound count them."""

    def forward(self, attention_mask):
        length = attention_mask.sum(-1)
        left = (length - 1) // 2 + 1, torch.div(3 - length, 2, rounding_mode="floor")
        return {"left": torch.stack(left) * self.scale}


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_integers_are_divided_as_torch_divides_them(tmp_path, engine, device):
    halves = saved(Halves(transformers.BertConfig()), tmp_path / "halves")
    model, wanted = opened(halves, engine, device), reference(halves)
    mask = (torch.arange(100) < torch.tensor([[50], [80], [79], [1]])).long()
    with torch.inference_mode():
        model(mask[:2])
        exported.settle(model)
        assert model(mask)["left"].tolist() == wanted(mask)["left"].tolist()


def test_experts_that_torch_loops_over_are_in_a_program(tmp_path):
    torch.manual_seed(0)
    config = transformers.OpenAIPrivacyFilterConfig(
        vocab_size=50, hidden_size=16, intermediate_size=16, num_attention_heads=2, num_key_value_heads=1,
        head_dim=8, num_hidden_layers=1, num_local_experts=4, num_experts_per_tok=2, pad_token_id=0,
    )  # fmt: skip
    experts = saved(transformers.OpenAIPrivacyFilterModel(config), tmp_path / "experts")
    model, wanted = opened(experts, "onnx", "CPUExecutionProvider"), reference(experts)
    assert "eager" in model.get_experts_implementation().values()
    with torch.inference_mode():
        for inputs in (ids(2, 5), ids(3, 9)):
            found, expected = model(**inputs).last_hidden_state, wanted(**inputs).last_hidden_state
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert exported.ran(model) == ("model",)
    assert "eager" in model.get_experts_implementation().values()


class Repeats(Scaled):
    """A mask with each row, each column, and a new axis between repeated."""

    def forward(self, hidden):
        scaled = hidden * self.scale
        written = scaled.repeat_interleave(1, dim=1)
        written[:, 0] = 9.0
        return {
            "written": written + scaled,
            "rows": scaled.repeat_interleave(2, 0),
            "between": scaled.unsqueeze(1).repeat_interleave(2, dim=1),
            "columns": scaled.repeat_interleave(3, dim=-1),
        }


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_what_is_repeated_keeps_its_shape(tmp_path, engine, device):
    repeats = saved(Repeats(transformers.BertConfig()), tmp_path / "repeats")
    model, wanted = opened(repeats, engine, device), reference(repeats)
    with torch.inference_mode():
        for hidden in (torch.randn(2, 5), torch.randn(1, 8)):
            found = model(hidden)
            exported.settle(model)
            for name, expected in wanted(hidden).items():
                assert found[name].tolist() == expected.tolist()


class Normed(Scaled):
    """Rows divided by their size, of which an empty one is nothing, and some is added."""

    def forward(self, hidden):
        squares = hidden.pow(2).mean(-1, keepdim=True)
        again = torch.rsqrt((squares * 2).add_(1e-9))
        return {"hidden": hidden * torch.rsqrt(squares + 1e-8) * self.scale + hidden * again}


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_an_empty_row_is_not_divided_by_nothing(tmp_path, engine, device):
    normed = saved(Normed(transformers.BertConfig()), tmp_path / "normed")
    model, wanted = opened(normed, engine, device), reference(normed)
    hidden = torch.randn(3, 5)
    hidden[1] = 0
    with torch.inference_mode():
        model(torch.randn(2, 5))
        exported.settle(model)
        torch.testing.assert_close(model(hidden)["hidden"], wanted(hidden)["hidden"])


class Padded(Scaled):
    """Hidden states with as many places before them as a buffer says, as codecs of sound pad."""

    def __init__(self, config):
        super().__init__(config)
        self.register_buffer("places", torch.tensor(3))

    def forward(self, hidden):
        return {"hidden": torch.nn.functional.pad(hidden, (int(self.places), 0)) * self.scale}


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_a_buffer_that_decides_on_shapes_is_a_constant(tmp_path, store, engine, device):
    padded = saved(Padded(transformers.BertConfig()), tmp_path / "padded")
    model, wanted = opened(padded, engine, device), reference(padded)
    with torch.inference_mode():
        model(torch.ones(2, 5))
        exported.settle(model)
        found = model(torch.ones(3, 8))["hidden"]
    torch.testing.assert_close(found, wanted(torch.ones(3, 8))["hidden"])
    assert type(model) is Padded
    assert model.places == 3


class Drawing(Scaled):
    """A model that draws, as vocoders and masking models do."""

    def __init__(self, config):
        super().__init__(config)
        self.scale.data.zero_()

    def forward(self, hidden):
        return {"hidden": hidden + torch.rand_like(hidden) * self.scale}


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_what_draws_random_numbers_is_refused(tmp_path, store, engine, device):
    """Though nothing tells it from torch's answer: here its noise is scaled to nothing."""
    model = opened(saved(Drawing(transformers.BertConfig()), tmp_path / "drawing"), engine, device)
    with torch.inference_mode():
        assert model(torch.ones(2, 5))["hidden"].tolist() == torch.ones(2, 5).tolist()
    with pytest.raises(SkillsetError, match=r"draws random numbers \(aten.rand"):
        exported.settle(model)
