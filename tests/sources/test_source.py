"""The analyser, on a small package that has every convention of transformers' source."""

from __future__ import annotations

import subprocess
import sys

import pytest

from generator.sources.classes import UNTYPED
from generator.sources.evaluate import Opaque
from generator.sources.placeholders import placeholders
from generator.sources.source import Transformers, installed
from generator.specs.schema import Modality, ProcessorKind
from tests.sources.conftest import CHECKOUT


def test_config_mapping_with_updates_and_older_names(birds: Transformers):
    assert birds.mappings.configs == {
        "eldest": "WrenConfig",
        "lark": "LarkConfig",
        "lark_text": "LarkTextConfig",
        "lark_eye": "LarkEyeConfig",
        "wren": "WrenConfig",
        "old-wren": "WrenConfig",
        "swift": "SwiftConfig",
        "dove": "DoveConfig",
    }


def test_a_part_is_not_top_level(birds: Transformers):
    assert birds.model_types() == ("dove", "eldest", "lark", "lark_eye", "lark_text", "swift", "wren")
    assert birds.top_level_types() == ("dove", "eldest", "lark", "swift", "wren")


def test_packages(birds: Transformers):
    names = [birds.package_name(name) for name in ("lark", "lark_text", "old-wren", "a-b")]
    assert names == ["lark", "lark", "wren", "a_b"]


def test_heads_are_those_of_public_auto_classes(birds: Transformers):
    assert birds.heads("wren") == {"AutoModel": "WrenModel", "AutoModelForMaskedLM": "WrenForMaskedLM"}
    assert birds.auto_mapping("MODEL_MAPPING_NAMES").auto_class == "AutoModel"
    assert birds.auto_mapping("MODEL_MAPPING_NAMES").classes["wren"] == ("WrenModel", "WrenBaseModel")


def test_a_mapping_may_take_in_another_and_have_no_auto_class(birds: Transformers):
    mapping = birds.auto_mapping("MODEL_FOR_SERIES_MAPPING_NAMES")
    assert mapping.auto_class is None
    assert sorted(mapping.classes) == ["dove", "eldest", "wren"]


def test_processors_by_kind_and_back_end(birds: Transformers):
    found = {item.kind: item.classes for item in birds.processors("lark")}
    assert found == {
        ProcessorKind.TOKENIZER: {None: "LarkTokenizer"},
        ProcessorKind.IMAGE_PROCESSOR: {"pil": "LarkImageProcessorPil", "torchvision": "LarkImageProcessor"},
        ProcessorKind.PROCESSOR: {None: "LarkProcessor"},
    }


def test_conditions_are_answered_for_the_libraries_of_the_project(birds: Transformers):
    assert [item.classes for item in birds.processors("wren")] == [{None: "WrenTokenizer"}]


def test_processors_left_out_are_left_out(birds: Transformers):
    found = [(item.kind, item.classes) for item in birds.processors("swift")]
    assert found == [
        (ProcessorKind.IMAGE_PROCESSOR, {"torchvision": "LarkImageProcessor"}),
        (ProcessorKind.FEATURE_EXTRACTOR, {None: "SwiftEar"}),
    ]


def test_a_text_model_without_a_tokenizer_gets_the_general_one(birds: Transformers):
    found = birds.processors("eldest")
    assert [item.classes for item in found] == [{None: "TokenizersBackend"}]
    assert found[0].origin == "source models/auto/tokenization_auto.py:AutoTokenizer"


def test_config_fields_with_types_defaults_and_inheritance(birds: Transformers):
    fields = [(field.name, field.annotation, field.default) for field in birds.config("lark").fields]
    assert fields == [
        ("pad_token_id", "int | None", None),
        ("width", "int", 32),
        ("depths", "list[int] | None", None),
        ("scale", "float", -0.5),
    ]
    assert birds.config("swift").default("pad_token_id") == 7
    assert (
        birds.config("swift").fields[0].origin
        == "source models/wren/configuration_wren.py:WrenConfig.pad_token_id"
    )


def test_config_facts(birds: Transformers):
    config = birds.config("lark")
    assert config.origin == "source models/lark/configuration_lark.py:LarkConfig"
    assert (config.checkpoint, config.base_config_key) == ("birds/lark-small", None)
    assert config.submodels == {"eye_config": "lark_eye", "text_config": "lark_text", "wing_config": "wren"}
    assert birds.config("lark_eye").base_config_key == "eye_config"
    assert birds.config("wren").checkpoint is None


def test_a_type_or_class_that_is_not_there(birds: Transformers):
    assert birds.config("nobody") is None
    assert birds.config("dove") is None  # its module does not parse
    assert birds.model("dove", "DoveModel") is None
    assert birds.model("wren", "Nothing") is None


def test_forward_without_self_and_stars(birds: Transformers):
    model = birds.model("lark", "LarkModel")
    assert model.inputs == {"input_ids": "Tensor | None", "pixel_values": UNTYPED, "flag": "bool"}
    assert model.output is None


def test_forward_inherited_across_files(birds: Transformers):
    model = birds.model("lark_text", "LarkTextModel")
    assert model.forward.origin == "source models/wren/modeling_wren.py:WrenModel.forward"
    assert model.output.origin == "source modeling_outputs.py:PooledMaskedOutput"


def test_output_fields_of_bases_come_first_and_class_variables_are_none(birds: Transformers):
    model = birds.model("wren", "WrenModel")
    assert [field.name for field in model.output_fields] == ["loss", "logits", "last_hidden_state", "pooled"]


def test_output_class_by_its_other_names(birds: Transformers):
    assert (
        birds.model("wren", "WrenForMaskedLM").output.name == "MaskedOutput"
    )  # an alias, imported under another
    assert (
        birds.model("lark", "LarkForConditionalGeneration").output.name == "LarkOutput"
    )  # in a Union, quoted


def test_attention_of_the_nearest_class(birds: Transformers):
    assert birds.model("wren", "WrenModel").attention == ("eager", "sdpa", "flash_attention_2")
    assert birds.model("wren", "WrenForMaskedLM").attention == ("eager", "sdpa")
    assert birds.model("swift", "SwiftModel").attention == ("eager",)


def test_generation_through_a_lazy_import(birds: Transformers):
    assert birds.model("lark", "LarkForConditionalGeneration").generates
    assert not birds.model("lark", "LarkModel").generates


def test_methods_are_found_in_bases(birds: Transformers):
    model = birds.model("lark", "LarkModel").source
    assert birds.classes.has_method(model, "get_image_features")
    assert birds.classes.has_method(model, "save_pretrained")
    assert not birds.classes.has_method(model, "get_text_features")


def test_a_class_by_the_end_of_its_name(birds: Transformers):
    assert birds.model_ending("swift", "ForFlight").name == "SwiftForFlight"
    assert birds.model_ending("swift", "ForSwimming") is None


def test_placeholders_from_defaults_and_constants(birds: Transformers):
    found = placeholders(birds.classes, birds.processor_class("lark", "LarkProcessor"))
    assert {modality: fact.value for modality, fact in found.items()} == {
        Modality.IMAGE: "<image>",
        Modality.AUDIO: "<ear>",
    }
    assert found[Modality.IMAGE].origin == "source models/lark/processing_lark.py:LarkProcessor.image_token"


def test_unknown_defaults_stay_expressions(birds: Transformers):
    assert all(not isinstance(field.default, Opaque) for field in birds.config("lark").fields)


# The installed transformers.


def test_the_types_of_the_installed_transformers():
    transformers = installed()
    assert len(transformers.mappings.configs) > 700
    top_level = set(transformers.top_level_types())
    assert {"bert", "clip", "gpt-sw3"} < top_level < set(transformers.model_types())
    assert top_level.isdisjoint({"clip_text_model", "clip_vision_model"})


@pytest.mark.parametrize("model_type", ["bert", "clip", "t5", "whisper"])
def test_the_analyser_agrees_with_the_imported_classes(model_type: str):
    """The one place where the model code is imported: to hold what was read against what it is."""
    import inspect

    from transformers import AutoConfig, AutoModel, GenerationMixin

    read = installed()
    config = AutoConfig.for_model(model_type)
    fields = {field.name: field.default for field in read.config(model_type).fields}
    assert type(config).__name__ == read.config(model_type).source.name
    plain = {
        n: v for n, v in fields.items() if isinstance(v, int | float | str) and n in type(config).__dict__
    }
    assert plain and plain == {name: type(config).__dict__[name] for name in plain}
    cls = AutoModel._model_mapping[type(config)]
    model = read.model(model_type, cls.__name__)
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    signature = inspect.signature(cls.forward).parameters.values()
    assert list(model.inputs) == [p.name for p in signature if p.kind not in kinds and p.name != "self"]
    assert ("sdpa" in model.attention) == cls._supports_sdpa
    assert model.generates == issubclass(cls, GenerationMixin)


def test_nothing_of_transformers_is_imported():
    code = (
        "import sys; from generator.sources.source import installed; t = installed();"
        "t.model('bert', t.heads('bert')['AutoModel']); t.top_level_types();"
        "print(sorted({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=CHECKOUT, check=True
    )
    assert done.stdout.strip() == "[]"
