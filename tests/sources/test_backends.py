"""The libraries that a type needs beyond our own: from decorators, constructors, and of which class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.sources.backends import required_libraries
from generator.sources.source import Transformers, installed
from tests.sources.birds import FILES

BASES = """
@requires(backends=("torch", "torchvision"))
class TorchvisionBackend: ...
class PilBackend: ...
@requires(backends=("vision", "torchvision"))
class BaseVideoProcessor(TorchvisionBackend): ...
"""
IMAGES = "from ...backends import PilBackend, TorchvisionBackend, BaseVideoProcessor\n"
MODEL = "models/lark/modeling_lark.py"
PROCESSOR = "models/lark/processing_lark.py"


@pytest.fixture
def needs(tmp_path: Path) -> Callable[..., tuple[str, ...]]:
    """What lark needs, with some of its modules replaced."""

    def run(**files: str) -> tuple[str, ...]:
        by_path = {path.rpartition("/")[2].removesuffix(".py"): path for path in FILES}
        named = {by_path.get(name, f"models/lark/{name}.py"): text for name, text in files.items()}
        for path, text in {**FILES, "backends.py": BASES, **named}.items():
            (tmp_path / "transformers" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "transformers" / path).write_text(text)
        birds = Transformers(tmp_path / "transformers")
        model = birds.model("lark", "LarkForConditionalGeneration")
        assert model is not None
        found = required_libraries(birds, "lark", [model])
        assert found is None or found.origin.startswith("source models/lark/")
        return found.value if found else ()

    return run


def held(part: str) -> str:
    return FILES[PROCESSOR].replace("self, tokenizer=None,", f"self, {part}, tokenizer=None,")


TORCHVISION = f"{IMAGES}class LarkImageProcessor(TorchvisionBackend): ...\n"
PIL = f"{IMAGES}class LarkImageProcessorPil(PilBackend): ...\n"


def test_nothing_is_needed_by_default(needs):
    assert needs() == ()


def test_of_an_image_processor_with_both_back_ends_that_of_pil_counts(needs):
    files = {"image_processing_lark": TORCHVISION, "image_processing_pil_lark": PIL}
    assert needs(**files, processing_lark=held("image_processor")) == ()


def test_an_image_processor_without_a_pil_class_needs_what_its_base_declares(needs):
    mapping = FILES["models/auto/auto_mappings.py"].replace(', "pil": "LarkImageProcessorPil"', "")
    files = {"auto_mappings": mapping, "image_processing_lark": TORCHVISION}
    assert needs(**files, processing_lark=held("image_processor")) == ("torchvision",)


def test_a_constructor_that_always_asks_for_a_library(needs):
    always = FILES[MODEL].replace(
        "class LarkEyeModel(LarkPreTrainedModel):",
        "class LarkEyeModel(LarkPreTrainedModel):\n"
        "    def __init__(self, config):\n"
        "        requires_backends(self, ['vision', 'timm'])",
    )
    assert needs(modeling_lark=always) == ("timm",)


def test_a_constructor_that_asks_for_it_on_a_condition(needs):
    sometimes = FILES[MODEL].replace(
        "class LarkEyeModel(LarkPreTrainedModel):",
        "class LarkEyeModel(LarkPreTrainedModel):\n"
        "    def __init__(self, config):\n"
        "        if config.use_timm:\n"
        "            requires_backends(self, 'timm')",
    )
    assert needs(modeling_lark=sometimes) == ()


def test_a_decorated_processor(needs):
    decoration = "@requires(backends=('torchaudio',))\nclass LarkProcessor"
    decorated = FILES[PROCESSOR].replace("class LarkProcessor", decoration)
    assert needs(processing_lark=decorated) == ("torchaudio",)


@pytest.mark.parametrize(
    ("model_type", "task_class", "libraries"),
    [
        ("bert", "BertModel", None),
        ("llava", "LlavaForConditionalGeneration", None),
        ("detr", "DetrForObjectDetection", None),
        ("timm_wrapper", "TimmWrapperModel", ("timm", "torchvision")),
        ("qwen2_vl", "Qwen2VLForConditionalGeneration", ("torchvision",)),
        ("sam2", "Sam2Model", ("torchvision",)),
        ("dinat", "DinatModel", ("natten",)),
    ],
)
def test_types_of_the_installed_transformers(model_type: str, task_class: str, libraries):
    transformers = installed()
    assert transformers is not None
    model = transformers.model(model_type, task_class)
    assert model is not None
    found = required_libraries(transformers, model_type, [model])
    assert (found.value if found else None) == libraries
