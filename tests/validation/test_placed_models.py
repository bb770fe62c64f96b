"""Real models of many architectures, placement checked: answers as on the CPU, all on the device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from generator.execution import checkpoint
from generator.naming import Layout
from generator.specs import catalogue
from generator.validation.compare import compare
from generator.validation.placement import PlacementError, checked, stray
from skillset_runtime import Handler
from skillset_runtime.importing import load_by_path
from skillset_runtime.samples import realise

LAYOUT = Layout(Path(__file__).parents[2])
ENCODERS = ("bert", "deberta-v2", "fnet", "longformer")
DECODERS = ("gpt2", "llama", "mixtral", "bloom")
STATE_SPACE = ("mamba", "recurrent_gemma")
ENCODER_DECODERS = ("t5", "whisper")
VISION = ("vit", "swin", "detr", "sam")
AUDIO = ("wav2vec2", "audio-spectrogram-transformer")
MULTIMODAL = ("clip", "llava")
TIME_SERIES = ("patchtst", "autoformer")
ARCHITECTURES = (
    *ENCODERS,
    *DECODERS,
    *STATE_SPACE,
    *ENCODER_DECODERS,
    *VISION,
    *AUDIO,
    *MULTIMODAL,
    *TIME_SERIES,
)


def opened(model_type: str, target: str, device: str) -> tuple[Handler, Any]:
    """A handler of the default task, and the model it asks, as a host gets them."""
    spec = catalogue.load_model(LAYOUT, model_type)
    folder = str(checkpoint.ensure(spec, spec.default_task, LAYOUT.cache))
    path = LAYOUT.skillset(model_type)
    skillset = getattr(load_by_path(path), path.stem)(metadata={"strict": True})
    model, _, handler, _, _ = getattr(skillset, f"init_{target}")(folder, device, f"{target}:0")
    return handler, model


def answered(model_type: str, target: str, device: str) -> tuple[dict[str, Any], Any]:
    """The answer to the example, and the model that gave it."""
    handler, model = opened(model_type, target, device)
    answer = handler(**realise(handler.example()), **({"seed": 7} if handler.draws else {}))
    assert answer.pop("device") == device
    return answer, model


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_answers_as_on_the_cpu(model_type):
    plain, _ = answered(model_type, "cpu", "cpu")
    for target, device in (("cuda", "cuda:1"), ("mps", "mps")):
        with checked(target):
            placed, model = answered(model_type, target, device)
            assert stray(model) == ()
        assert compare(plain, placed).status.agrees, target


@pytest.mark.parametrize(
    ("model_type", "devices"),
    [("gpt2", "cuda:0,cuda:1"), ("t5", "cuda:0,cuda:1"), ("llava", "cuda:0,cuda:1"), ("bert", "cuda:0")],
)
def test_a_model_that_is_split_among_gpus_answers_as_on_the_cpu_and_says_where_it_is(model_type, devices):
    pytest.importorskip("accelerate", reason="splitting a model needs accelerate")
    plain, _ = answered(model_type, "cpu", "cpu")
    with checked("cuda"):
        handler, model = opened(model_type, "cuda", "auto")
        split = handler(**realise(handler.example()))
        assert {str(weight.device) for weight in model.parameters()} == set(devices.split(","))
    assert split.pop("device") == devices
    assert compare(plain, split).status.agrees


@pytest.mark.parametrize("target", ["cuda", "mps"])
def test_a_seed_leaves_what_others_draw_on_the_device_as_it_was(target, recwarn):
    device = {"cuda": torch.cuda, "mps": torch.mps}[target]
    with checked(target):
        handler, _ = opened("gpt2", target, target)
        before = device.get_rng_state().tolist()
        handler("A cat", temperature=1.0, seed=7)
        assert device.get_rng_state().tolist() == before
    assert not [each for each in recwarn if "fork_rng" in str(each.message)]


def test_a_tensor_that_a_handler_leaves_behind_is_found():
    with checked("cuda"):
        handler, _ = opened("bert", "cuda", "cuda:0")
        handler.tokenized = lambda texts, **options: handler.processor(texts, return_tensors="pt", **options)
        with pytest.raises(PlacementError, match=r"modeling_bert\.py:\d+"):
            handler(**handler.example())
