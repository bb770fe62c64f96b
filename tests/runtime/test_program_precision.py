"""Programs of OpenVINO and ONNX Runtime in fewer bits: near to torch in float32, and smaller on disk."""

from __future__ import annotations

import sys

import pytest
import torch
import transformers

from skillset_runtime import exported
from skillset_runtime.artifacts import Store, size
from skillset_runtime.errors import SkillsetError
from skillset_runtime.pool import measure
from skillset_runtime.program_precisions import of_program
from skillset_runtime.resources import Resources

openvino = pytest.importorskip("openvino")
pytest.importorskip("nncf")
pytest.importorskip("onnxruntime")

DEVICES = {"openvino": "CPU", "onnx": "CPUExecutionProvider"}
COMPUTED = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLSET_ARTIFACTS", str(tmp_path / "artifacts"))
    return Store()


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """A BERT wide enough for its weights to be most of its program."""
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=400, hidden_size=192, intermediate_size=384, num_attention_heads=4, num_hidden_layers=2
    )
    folder = tmp_path_factory.mktemp("bert")
    transformers.BertModel(config).save_pretrained(folder)
    return str(folder)


def opened(folder, engine, precision):
    def source():
        return transformers.BertModel.from_pretrained(folder).eval()

    return exported.load(Resources(), source, folder, engine, DEVICES[engine], precision), source()


@pytest.mark.parametrize(
    ("engine", "precision", "error", "share"),
    [
        ("onnx", "int8", 0.1, 0.45),
        ("openvino", "bfloat16", 0.03, 0.6),
        ("openvino", "int8", 0.03, 0.35),
        ("openvino", "int4", 0.2, 0.3),
    ],
)
def test_a_program_in_fewer_bits_stays_near_and_is_smaller(bert, store, engine, precision, error, share):
    if precision == "bfloat16" and "BF16" not in COMPUTED:
        pytest.skip("this processor does not compute in bfloat16")
    model, wanted = opened(bert, engine, precision)
    with torch.inference_mode():
        for batch, tokens in ((2, 5), (3, 9)):
            ids = torch.arange(batch * tokens).reshape(batch, tokens) * 7 % 400
            mask = torch.ones_like(ids)
            mask[0, -2:] = 0
            found = model(input_ids=ids, attention_mask=mask).last_hidden_state
            exact = wanted(input_ids=ids, attention_mask=mask).last_hidden_state
            assert 0 < (found - exact).norm() < error * exact.norm()
    exported.settle(model)
    weights = sum(each.nbytes for each in wanted.parameters())
    assert 0.9 * size(store.root) < measure(model) < share * weights


def test_floats_that_openvino_would_compute_in_others_instead_are_refused(bert):
    halves = (("float16", "FP16"), ("bfloat16", "BF16"))
    absent = next((name for name, own in halves if own not in COMPUTED), None)
    if absent is None:
        pytest.skip("this processor computes in either")
    with pytest.raises(SkillsetError, match=f"CPU does not compute in {absent}; choose another"):
        opened(bert, "openvino", absent)


def test_a_library_that_a_precision_needs_is_named(bert, monkeypatch):
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(SkillsetError, match="nncf cannot be imported"):
        opened(bert, "openvino", "int8")


def test_a_precision_that_programs_do_not_have_is_refused():
    with pytest.raises(SkillsetError, match="programs of onnx have no int4; they have float32, int8"):
        of_program("onnx", "int4")
