"""Tiny configs: rules about fields, applied to config classes that were written for these tests."""

from __future__ import annotations

import pytest
from transformers import AutoConfig, PreTrainedConfig
from transformers.configuration_utils import SubConfigSpec

from generator.execution import tiny, tiny_rules
from generator.execution.facts import Facts, TinyError, Vocabulary, token_roles
from generator.execution.tiny import _Shrinker

SIZES = tiny_rules.LEVELS[0]
VOCABULARY = Vocabulary(
    100, {"bos": 5, "eos": 6, "pad": 7, "unk": 8, "image": 9}, {"<image>": 9, "<start>": 11}
)


class PlainConfig(PreTrainedConfig):
    model_type = "tiny_test_plain"

    vocab_size: int = 50_000
    hidden_size: int = 768
    num_attention_heads: int = 12
    num_key_value_heads: int | None = None
    num_hidden_layers: int = 24
    intermediate_size: int = 3072
    bottleneck: int = 3
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-5
    initializer_range: float = 0.02
    layer_types: list[str] | None = None
    stage_sizes: list[int] | tuple[int, ...] = (1, 2)
    hidden_sizes: list[int] | tuple[int, ...] = (256, 512, 1024, 2048)
    depths: list[int] | tuple[int, ...] = (3, 4, 6, 3)
    stage_num_heads: list[int] | tuple[int, ...] = (3, 6, 12, 24)
    bos_token_id: int | None = 1
    eos_token_id: int | None = 2
    sep_token_id: int | None = None
    decoder_start_token_id: int = 2
    image_token_id: int = 49_999
    first_token_id: int = -1

    def __post_init__(self, **kwargs):
        if self.layer_types is None:
            self.layer_types = [
                "full_attention" if i % 6 == 5 else "sliding_attention" for i in range(self.num_hidden_layers)
            ]
        super().__post_init__(**kwargs)


class ComposedConfig(PreTrainedConfig):
    model_type = "tiny_test_composed"
    sub_configs_defaults = {
        "text_config": SubConfigSpec(config_class=PlainConfig),
        "vision_config": SubConfigSpec(
            config_class=AutoConfig, model_type="vit", init_kwargs={"hidden_size": 1024, "patch_size": 14}
        ),
        "extra_config": SubConfigSpec(config_class=PlainConfig, optional=True),
    }

    text_config: dict | PreTrainedConfig | None = None
    vision_config: dict | PreTrainedConfig | None = None
    extra_config: dict | PreTrainedConfig | None = None
    audio_token_index: int = 32_000


class PromptedConfig(PreTrainedConfig):
    model_type = "tiny_test_prompted"

    image_token_id: int | None = None
    video_token_id: int | None = None


def shrunk(config_class: type[PreTrainedConfig], level: int = 0) -> dict:
    return _Shrinker(Facts(config_class, {}), tiny_rules.LEVELS[level], VOCABULARY).values()


def test_numbers_follow_the_meaning_of_their_field():
    values = shrunk(PlainConfig)
    assert values["hidden_size"] == SIZES.width
    assert values["num_attention_heads"] == SIZES.heads
    assert values["intermediate_size"] == SIZES.feed_forward
    assert values["vocab_size"] == VOCABULARY.size


def test_only_fields_that_a_rule_changes_are_overridden():
    values = shrunk(PlainConfig)
    fields = set(Facts(PlainConfig, {}).defaults)
    assert set(values) <= fields
    assert not {"bottleneck", "hidden_act", "layer_norm_eps", "stage_sizes"} & set(values)


def test_none_is_left_for_the_config_to_derive():
    assert not {"num_key_value_heads", "sep_token_id"} & set(shrunk(PlainConfig))


def test_one_layer_of_each_kind_is_kept():
    values = shrunk(PlainConfig)
    assert values["layer_types"] == ["sliding_attention", "full_attention"]
    assert values["num_hidden_layers"] == 2


def test_stage_widths_keep_their_ratios_and_stages_one_layer():
    values = shrunk(PlainConfig)
    assert values["hidden_sizes"] == [8, 16, 32, 64]
    assert values["depths"] == [1, 1, 1, 1]
    assert values["stage_num_heads"] == [1, 2, 4, 8]


def test_token_ids_are_those_of_the_vocabulary():
    values = shrunk(PlainConfig)
    assert (values["bos_token_id"], values["eos_token_id"], values["image_token_id"]) == (5, 6, 9)
    assert values["decoder_start_token_id"] == 6, "a start that is the end by default stays the end"
    assert "first_token_id" not in values, "a negative id means none"


def test_a_placeholder_that_the_class_leaves_to_the_checkpoint_is_that_of_the_vocabulary():
    assert shrunk(PromptedConfig) == {"image_token_id": 9}, "there is no token for videos"


def test_roles_of_tokens_come_from_every_part():
    assert token_roles(Facts(ComposedConfig, {})) == ("audio", "image")


def test_parts_share_one_width_and_vocabulary():
    values = shrunk(ComposedConfig)
    assert values["text_config"]["hidden_size"] == values["vision_config"]["hidden_size"] == SIZES.width
    assert values["vision_config"]["model_type"] == "vit"
    assert values["vision_config"]["patch_size"] == SIZES.patch
    assert "extra_config" not in values, "an optional part that is absent stays absent"


def test_levels_shrink():
    widest, narrowest = shrunk(PlainConfig, 0), shrunk(PlainConfig, len(tiny_rules.LEVELS) - 1)
    assert narrowest["hidden_size"] < widest["hidden_size"]
    assert narrowest["hidden_size"] % narrowest["num_attention_heads"] == 0


@pytest.mark.parametrize("sizes", tiny_rules.LEVELS)
def test_every_level_is_consistent(sizes: tiny_rules.Sizes):
    assert sizes.width % sizes.heads == 0
    assert sizes.heads % sizes.key_value_heads == 0
    assert sizes.image % sizes.patch == 0
    assert sizes.width % sizes.position_groups == 0


@pytest.mark.parametrize("rule", tiny_rules.INTEGERS)
def test_every_rule_names_a_size(rule: tiny_rules.Rule):
    assert hasattr(SIZES, rule.size)


def test_an_overlay_names_a_token_by_its_text():
    values = {"text_config": {"image_token_id": "<start>", "hidden_act": "<start>"}}
    resolved = tiny.resolve_tokens(values, VOCABULARY)
    assert resolved == {"text_config": {"image_token_id": 11, "hidden_act": "<start>"}}


def test_an_overlay_names_several_tokens_by_their_texts():
    values = {"indicator_token_ids": ["<start>", 3, "<image>"], "names": ["<start>"]}
    resolved = tiny.resolve_tokens(values, VOCABULARY)
    assert resolved == {"indicator_token_ids": [11, 3, 9], "names": ["<start>"]}


def test_an_unknown_token_says_what_to_do():
    with pytest.raises(TinyError, match=r"no token '<none>'.*tiny\.processor\.tokenizer"):
        tiny.resolve_tokens({"image_token_id": "<none>"}, VOCABULARY)
