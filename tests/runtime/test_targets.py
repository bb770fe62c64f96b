"""The same skillset on every target: what a host calls, what runs, and what stands in for what is absent."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from generator.execution import checkpoint
from generator.naming import Layout
from generator.specs import catalogue
from skillset_runtime import InputError, Skillset, SkillsetError, casting, devices, placing, probes
from skillset_runtime.importing import load_by_path
from skillset_runtime.loading import weight_bytes
from skillset_runtime.pool import PoolFull, ResourcePool
from skillset_runtime.probes import Device, Found
from skillset_runtime.resources import Resources
from skillset_runtime.targets import TARGETS

LAYOUT = Layout(Path(__file__).parents[2])
HOSTS = {"cpu", "cuda", "rocm", "mps", "apple", "openvino", "onnx", "qualcomm", "webnn", "webgpu"}
needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="is about a machine without a GPU")


@pytest.fixture(scope="module")
def folder():
    return str(checkpoint.ensure(catalogue.load_model(LAYOUT, "bert"), "fill-mask", LAYOUT.cache))


def bert(pool=None, **metadata):
    resources = {"pool": pool} if pool else None
    return load_by_path(LAYOUT.skillset("bert")).hf_bert(resources, metadata)


def details(answer):
    return {key: answer.get(key) for key in ("device", "precision", "fallback_from", "implementation_type")}


def test_every_host_name_has_its_methods():
    skillset = load_by_path(LAYOUT.skillset("bert")).hf_bert
    for host in HOSTS:
        assert inspect.signature(getattr(skillset, f"init_{host}")).parameters["model"]
        for task in ("fill_mask", "question_answering"):
            method = getattr(skillset, f"create_{host}_{task}_endpoint_handler")
            assert method.__name__ == f"create_{host}_{task}_endpoint_handler" and method.__doc__
    assert skillset.init_cuda.__doc__.startswith("Load `model` on NVIDIA GPU")


def test_the_order_of_arguments_is_the_hosts():
    skillset = load_by_path(LAYOUT.skillset("bert")).hf_bert
    orders = {
        "init_cuda": "self model device label",
        "init_openvino": "self model model_type device openvino_label get_optimum_openvino_model "
        "get_openvino_model get_openvino_pipeline_type openvino_cli_convert",
        "create_cuda_fill_mask_endpoint_handler": "self endpoint_model device hardware_label endpoint "
        "tokenizer",
        "create_openvino_fill_mask_endpoint_handler": "self endpoint_model tokenizer openvino_label endpoint",
        "create_apple_fill_mask_endpoint_handler": "self endpoint_model label endpoint tokenizer",
        "create_qualcomm_fill_mask_endpoint_handler": "self endpoint_model label endpoint tokenizer",
    }
    for name, order in orders.items():
        assert " ".join(inspect.signature(getattr(skillset, name)).parameters) == order


def test_a_method_of_its_own_is_kept():
    class hf_own(Skillset):
        def init_cpu(self):
            return "own"

    assert hf_own().init_cpu() == "own" and hf_own.init_cuda


@needs_no_gpu
@pytest.mark.parametrize("host", ["cuda", "rocm", "apple"])
def test_the_processor_stands_in_for_an_absent_gpu_and_answers_say_so(folder, host, caplog):
    _, _, reference, _, _ = bert().init_cpu(folder, "cpu", "cpu:0")
    endpoint, tokenizer, handler, _, _ = getattr(bert(), f"init_{host}")(folder, host, f"{host}:0")
    target = {"apple": "mps"}.get(host, host)
    answer = handler(**handler.example())
    assert answer["fills"] == reference(**reference.example())["fills"]
    assert details(answer) == {
        "device": "cpu",
        "precision": "float32",
        "fallback_from": target,
        "implementation_type": "REAL",
    }
    assert f"cpu stands in for {target}" in caplog.text
    create = getattr(bert(), f"create_{host}_fill_mask_endpoint_handler")
    again = create(folder, f"{host}:0", endpoint=endpoint, tokenizer=tokenizer)
    assert again(**handler.example()) == answer and again.model is endpoint
    assert bert().__test__(folder, handler, f"{host}:0", tokenizer) == answer


@needs_no_gpu
def test_what_ran_where_it_was_asked_for_says_nothing_of_a_fallback(folder):
    _, _, handler, _, _ = bert().init_cpu(folder, "cpu", "cpu:0")
    assert "fallback_from" not in handler(**handler.example())


@needs_no_gpu
def test_strict_refuses_with_the_reason(folder):
    for target, reason in {"cuda": "built without CUDA: pip install", "mps": "built without MPS"}.items():
        with pytest.raises(SkillsetError, match=reason):
            bert(strict=True).open(target, folder)
    with pytest.raises(SkillsetError, match="browser"):
        bert(strict=True).init_webgpu(folder)


@needs_no_gpu
def test_when_nothing_works_each_target_has_its_reason(tmp_path):
    with pytest.raises(SkillsetError) as error:
        bert().init_cuda(str(tmp_path / "nowhere"), "cuda", "cuda:0")
    assert "cuda: torch" in str(error.value) and "; cpu: checkpoint folder" in str(error.value)


@needs_no_gpu
def test_a_model_that_fails_to_load_on_its_target_falls_back(folder, monkeypatch):
    """A device that its probe found, and on which torch cannot put the model."""
    gpu = Found((Device("cuda:0", "gone since it was found"),))
    found = devices.found
    monkeypatch.setattr(devices, "found", lambda target: gpu if target.name == "cuda" else found(target))
    monkeypatch.setattr(devices, "free_memory", lambda torch, device: None)
    _, _, handler, _, _ = bert().init_cuda(folder, "cuda:0")
    assert details(handler(**handler.example()))["fallback_from"] == "cuda"
    with pytest.raises(SkillsetError, match="cuda: the model cannot be put on cuda:0"):
        bert(strict=True).init_cuda(folder, "cuda:0")


@needs_no_gpu
def test_a_bad_request_or_a_full_pool_is_no_reason_to_fall_back(folder):
    _, _, handler, _, _ = bert().init_cuda(folder, "cuda", "cuda:0")
    with pytest.raises(InputError):
        handler(text=7)
    with pytest.raises(PoolFull):
        bert(ResourcePool(budget=1, patience=0.01)).init_cuda(folder, "cuda", "cuda:0")


def test_openvino_takes_the_hosts_eight_arguments_and_shares_what_it_exported(folder, tmp_path, monkeypatch):
    pytest.importorskip("openvino")
    monkeypatch.setenv("SKILLSET_ARTIFACTS", str(tmp_path))
    skillset = bert(ResourcePool(), strict=True)
    unused = [lambda *_, **__: pytest.fail("the export needs nothing of the host")] * 4
    endpoint, tokenizer, handler, _, _ = skillset.init_openvino(folder, "bert", "CPU", "openvino:0", *unused)
    answer = handler(**handler.example())
    assert details(answer)["device"] == "openvino:CPU" and "fallback_from" not in answer
    _, _, reference, _, _ = bert().init_cpu(folder)
    wanted = numbers(reference(**handler.example())["fills"])
    assert numbers(answer["fills"]) == pytest.approx(wanted, abs=1e-4)

    second = skillset.create_openvino_fill_mask_endpoint_handler(folder, tokenizer, "openvino:0", endpoint)
    third = skillset.create_openvino_fill_mask_endpoint_handler(folder, openvino_label="openvino:0")
    assert second.model is endpoint is third.model
    assert second(**handler.example()) == third(**handler.example()) == answer

    with pytest.raises(SkillsetError, match="a model that is loaded cannot go to cpu"):
        bert().create_cpu_fill_mask_endpoint_handler(folder, "cpu", "cpu:0", endpoint, tokenizer)
    with pytest.raises(SkillsetError, match="cannot go to openvino; give its checkpoint alone"):
        skillset.create_openvino_fill_mask_endpoint_handler(folder, tokenizer, None, reference.model)


def test_a_type_says_where_it_does_not_work(folder):
    class hf_picky(load_by_path(LAYOUT.skillset("bert")).hf_bert):
        unsupported = {"openvino": "its graph has no end", "onnx": "nor has this one"}

    with pytest.raises(SkillsetError, match="hf_picky does not work on openvino: its graph has no end"):
        hf_picky().init_openvino(folder, "bert", "CPU", "openvino:0", None, None, None, None)
    _, _, handler, _, _ = hf_picky().init_webnn(folder)
    assert handler(**handler.example())["device"] == "cpu"  # and not onnx, which comes before it


@pytest.mark.parametrize(
    ("metadata", "target", "message"),
    [
        ({"precision": "bfloat61"}, "cpu", 'there is no precision .*; did you mean "bfloat16"'),
        ({"precision": "int4"}, "mps", "mps has no int4; it has float32"),
        ({}, "cdua", 'there is no target .*; did you mean "cuda"'),
    ],
)
def test_a_name_that_is_none_is_refused(folder, metadata, target, message):
    with pytest.raises(SkillsetError, match=message):
        bert(**metadata).open(target, folder)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize("model_type", ["bert", "vit", "gpt2", "t5", "whisper", "clip"])
def test_a_model_in_half_precision_answers_about_the_same(model_type, precision):
    spec = catalogue.load_model(LAYOUT, model_type)
    skillset = getattr(load_by_path(LAYOUT.skillset(model_type)), f"hf_{model_type}")
    path = str(checkpoint.ensure(spec, spec.default_task, LAYOUT.cache))
    _, _, whole, _, _ = skillset().init_cpu(path)
    model, _, half, _, _ = skillset(metadata={"precision": precision}).init_cpu(path)
    assert str(model.dtype) == f"torch.{precision}"
    wanted, found = whole(**whole.example()), half(**half.example())
    assert found["precision"] == precision
    for key in wanted.keys() - {"precision"}:
        for one, other in zip(numbers(wanted[key]), numbers(found[key]), strict=True):
            assert other == pytest.approx(one, abs=0.05)


def numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for each in value for number in numbers(each)]
    return [value] if isinstance(value, float) else []


def test_inputs_follow_the_weights_and_only_numbers_are_cast():
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.out = torch.nn.Embedding(4, 2), torch.nn.Linear(2, 1)

        def forward(self, ids, values, mask):
            assert (ids.dtype, mask.dtype, values.dtype) == (torch.int64, torch.bool, torch.float32)
            return {"score": self.out(self.words(ids) + values), "mask": mask}

    model = Model().bfloat16()
    casting.follow_weights(torch, model)
    answer = model(torch.tensor([1]), torch.ones(1, 2), torch.tensor([True]))
    assert answer["score"].dtype == torch.float32 and answer["mask"].dtype == torch.bool


def test_a_whole_model_is_not_touched():
    model = torch.nn.Sequential(torch.nn.Linear(2, 1))
    casting.follow_weights(torch, model)
    assert not model._forward_hooks and not model[0]._forward_pre_hooks


@pytest.mark.parametrize(
    ("target", "device", "label", "chosen"),
    [
        ("cpu", "cpu", "cpu:0", "cpu"),
        ("cpu", None, None, "cpu"),
        ("cpu", "cpu:0", "cpu:3", "cpu"),
        ("cuda", "cuda", "cuda:1", "cuda:1"),
        ("cuda", "cuda:1", "cuda:0", "cuda:1"),
        ("cuda", "cuda", "worker", "cuda:0"),
        ("rocm", "rocm", "rocm:1", "cuda:1"),
        ("rocm", "rocm:1", None, "cuda:1"),
        ("cuda", "auto", "cuda:0", "cuda:0,cuda:1"),
        ("cuda", ["cuda:1", "cuda:0"], "cuda:0", "cuda:1,cuda:0"),
        ("mps", "apple", "apple:0", "mps"),
        ("openvino", "openvino:0", "openvino:0", "CPU"),
        ("openvino", "openvino", "openvino:1", "GPU"),
        ("openvino", "gpu", "openvino:0", "GPU"),
        ("openvino", "CPU", "openvino:1", "CPU"),
        ("openvino", None, "openvino:1", "GPU"),
        ("onnx", "cpu", "onnx:0", "CPUExecutionProvider"),
        ("onnx", None, "onnx:0", "CPUExecutionProvider"),
        ("qualcomm", None, "qualcomm:0", "QNNExecutionProvider"),
    ],
)
def test_the_device_is_what_the_host_says_or_else_its_label(several, target, device, label, chosen):
    assert devices.choose(TARGETS[target], device, label) == chosen


@pytest.mark.parametrize(
    ("target", "device", "label"),
    [
        ("cuda", "cuda:2", None),
        ("cuda", "cuda", "cuda:9"),
        ("cpu", "cuda:0", "cpu:0"),
        ("openvino", "NPU", None),
    ],
)
def test_a_device_that_is_not_there_is_named_with_those_that_are(several, target, device, label):
    with pytest.raises(SkillsetError, match=rf"cannot be used here; {target} has \w+"):
        devices.choose(TARGETS[target], device, label)


@pytest.fixture
def several(monkeypatch):
    """A machine with two of each, as their probes would tell it."""
    ids = {
        "cuda": ["cuda:0", "cuda:1"],
        "rocm": ["cuda:0", "cuda:1"],
        "openvino": ["CPU", "GPU"],
        "onnx": ["AzureExecutionProvider", "CPUExecutionProvider"],
    }

    def found(target):
        return Found(tuple(Device(each, each) for each in ids.get(target.name, [target.device])))

    monkeypatch.setattr(devices, "found", found)


def test_splitting_a_model_needs_accelerate(monkeypatch):
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SkillsetError, match="among cuda:0, cuda:1 needs accelerate: pip install accelerate"):
        devices.map_of(torch, ["cuda:0", "cuda:1"])
    assert devices.map_of(torch, ["cuda:0"]) == {}


def test_auto_is_the_fastest_precision_that_fits_the_memory(folder, monkeypatch):
    free = weight_bytes(folder, 4)
    monkeypatch.setattr(devices, "free_memory", lambda torch, device: free)
    monkeypatch.setattr(placing.precisions, "fastest", lambda torch, device, choices: choices[0])

    def used(wanted=None, pool=None):
        return bert(pool, precision=wanted).init_cpu(folder)[2].placement.precision

    pool = ResourcePool()
    assert used("auto") == used() == used("float32", pool) == "float32"
    free -= 1
    assert used("auto") == "bfloat16"
    with pytest.raises(SkillsetError, match=f"take {free + 1:,} bytes in float32, and cpu has {free:,} free"):
        used("float32")
    assert used("float32", pool) == "float32"  # which is there already
    old = Found((Device("cpu", "old"),), precisions=("float32", "float16"))
    monkeypatch.setattr(devices, "found", lambda target: old)
    assert used("auto") == "float16"
    free = weight_bytes(folder, 2) - 1
    with pytest.raises(SkillsetError, match=f"take {free + 1:,} bytes in float16, and cpu has {free:,} free"):
        used("auto")


@pytest.mark.parametrize("fastest", ["bfloat16", "float16"])
def test_the_precision_that_is_not_said_may_be_the_fastest(folder, monkeypatch, fastest):
    monkeypatch.setattr(placing.precisions, "fastest", lambda torch, device, names: fastest)
    for asked, placed in (("auto", fastest), (None, "float32"), ("int8", "int8")):
        found = placing.place(Resources(), TARGETS["cpu"], folder, None, None, asked)
        assert found.precision == placed


@pytest.mark.parametrize(
    ("claimed", "chosen"),
    [
        (("float32", "bfloat16", "int8"), "bfloat16"),
        (("float32", "float16"), "float16"),
        (("float32", "int8"), "float32"),
    ],
)
def test_of_an_engine_the_half_that_it_claims_is_the_fastest(folder, monkeypatch, claimed, chosen):
    found = Found((Device("CPU", "of some kind"),), precisions=claimed)
    monkeypatch.setattr(devices, "found", lambda target: found)
    placed = placing.place(Resources(), TARGETS["openvino"], folder, None, None, "auto")
    assert placed.precision == chosen


def test_a_model_of_the_hosts_own_keeps_its_precision(folder):
    transformers = pytest.importorskip("transformers")
    model = transformers.BertForMaskedLM.from_pretrained(folder, dtype=torch.bfloat16)
    for _ in range(2):  # the second time it is known
        handler = bert().create_cpu_fill_mask_endpoint_handler(folder, "cpu", "cpu:0", model)
        assert handler(**handler.example())["precision"] == "bfloat16"
    assert len(model._forward_hooks) == 1


def test_without_a_pool_nothing_is_weighed(folder, monkeypatch):
    monkeypatch.setattr("skillset_runtime.loading.identity", lambda checkpoint: pytest.fail("asked"))
    monkeypatch.setattr("skillset_runtime.loading.weight_bytes", lambda *_: pytest.fail("asked"))
    assert bert().init_cpu(folder)[2]


def test_each_target_has_a_probe_and_falls_back_on_others():
    assert set(probes.PROBES) == set(TARGETS)
    for target in TARGETS.values():
        assert target.fallback == () or target.fallback[-1] == "cpu"
        assert target.name not in target.fallback


def test_a_missing_library_is_named_with_how_to_install_it():
    lacking = replace(TARGETS["cpu"], libraries={"no_such_library": "pip install such"})
    with pytest.raises(probes.Unavailable, match="no_such_library is not installed: pip install such"):
        probes.probe(lacking)


def test_a_gpu_of_another_maker_is_none_of_this_target(monkeypatch):
    torch_of_amd = SimpleNamespace(
        __version__="2.13.0+rocm7.1", version=SimpleNamespace(cuda=None, hip="7.1")
    )
    monkeypatch.setattr(probes.importlib, "import_module", lambda name: torch_of_amd)
    with pytest.raises(probes.Unavailable, match="built without CUDA"):
        probes.cuda()
