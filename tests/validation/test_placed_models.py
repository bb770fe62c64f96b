"""Real models of many architectures, placement checked: answers as on the CPU, all on the device."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.execution import checkpoint
from generator.naming import Layout
from generator.specs import catalogue
from generator.validation.compare import compare
from generator.validation.placement import MACHINES, checked, stray
from generator.validation.subjects import load_by_path
from skillset_runtime.samples import realise

LAYOUT = Layout(Path(__file__).parents[2])
ENCODERS = ("bert", "deberta-v2", "fnet", "longformer", "modernbert")
DECODERS = ("gpt2", "llama", "gemma2", "mixtral", "bloom")
STATE_SPACE = ("mamba", "rwkv", "recurrent_gemma")
ENCODER_DECODERS = ("t5", "bart")
VISION = ("vit", "swin", "detr", "segformer", "convnext")
AUDIO = ("wav2vec2", "whisper", "audio-spectrogram-transformer")
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


def answered(model_type: str, device: str):
    """The answer to the default task's example, and the model that gave it."""
    spec = catalogue.load_model(LAYOUT, model_type)
    folder = str(checkpoint.ensure(spec, spec.default_task, LAYOUT.cache))
    path = LAYOUT.skillset(model_type)
    model, _, handler, _, _ = getattr(load_by_path(path), path.stem)().open(folder, device)
    seed = {"seed": 7} if handler.draws else {}
    answer = handler(**realise(handler.example()), **seed)
    assert answer.pop("device") == device
    return answer, model


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_answers_as_on_the_cpu(model_type):
    plain, _ = answered(model_type, "cpu")
    for target in ("cuda", "mps"):
        with checked(target):
            placed, model = answered(model_type, f"{MACHINES[target].type}:0")
            assert stray(model) == ()
        assert compare(plain, placed).status.agrees, target
