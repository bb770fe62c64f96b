"""The rules that make a config tiny, as data: which fields mean what, and how small each meaning is.

A rule speaks of a meaning (a width, a head count), never of a model type. Rules are tried in order and
the first whose pattern matches a whole field name is taken; a field that no rule knows keeps its default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Sizes:
    """How big each meaning is at one level of shrinking; `width` is a multiple of `heads`."""

    width: int = 32
    heads: int = 4
    key_value_heads: int = 2
    head_dim: int = 8
    layers: int = 2
    feed_forward: int = 64
    rank: int = 16
    experts: int = 4
    experts_per_token: int = 2
    groups: int = 1
    none: int = 0
    state: int = 8
    stage: int = 64
    positions: int = 160
    frames: int = 100
    image: int = 32
    patch: int = 8
    image_tokens: int = 16
    window: int = 4
    mel_bins: int = 16
    queries: int = 10
    codes: int = 32
    position_kernel: int = 16
    position_groups: int = 4
    relative_positions: int = 32
    filters: int = 4
    half_width: int = 16
    video_frames: int = 4
    period: int = 2
    norm_groups: int = 4
    stage_image: int = 64
    stage_window: int = 2
    series: int = 32
    horizon: int = 8


# Tried in order until a model has at most PARAMETER_LIMIT parameters.
LEVELS = (
    Sizes(),
    Sizes(layers=1, feed_forward=32, stage=32, experts=2, positions=96, codes=16),
    Sizes(width=16, half_width=8, heads=2, key_value_heads=1, layers=1, feed_forward=16, stage=16, rank=8,
          experts=2, positions=64, codes=8, mel_bins=8, state=4, head_dim=8),
)  # fmt: skip
PARAMETER_LIMIT = 2_000_000

# The image size of types whose config has none: a stride of 32 still leaves more than one position.
FREE_IMAGE_SIZE = 64
# What a feature extractor pads to, where it pads to a length: 2 s make `Sizes.frames` after a stride of 2.
SPEECH_SECONDS = 2
# How many labels a head has by the end of its class name; a span has a start and an end.
LABELS = {r".*ForQuestionAnswering(Simple)?": 2, r".*": 4}
# Fields that hold the number of labels in classifiers, beside the `id2label` that every config has.
LABEL_COUNTS = {r".*Classification": ("num_targets",)}


@dataclass(frozen=True)
class Rule:
    """Fields whose whole name matches `pattern` are as big as the attribute `size` of `Sizes` says."""

    pattern: str
    size: str


INTEGERS = (
    Rule(r"num_kv_shared_layers", "none"),
    Rule(r"(.*_)?(num_key_value_heads|n?_?kv_heads|num_kv_heads|num_query_groups)", "key_value_heads"),
    Rule(r"(.*_)?linear_num_key_heads", "key_value_heads"),
    Rule(r"(.*_)?(head_dim|head_size|d_kv|d_head|rotary_dim)", "head_dim"),
    Rule(r"(.*_)?(heads?|n_head|attention_heads|num_heads)", "heads"),
    Rule(r"(.*_)?lora_rank", "rank"),
    Rule(r"(num_experts_per_tok|(moe_|router_)?top_?k(_experts)?|num_selected_experts)", "experts_per_token"),
    Rule(r"(n_group|topk_group|n_groups)", "groups"),
    Rule(r"(.*_)?(experts|local_experts|routed_experts)", "experts"),
    Rule(r"first_k_dense_replace", "groups"),
    Rule(r"num_groups", "norm_groups"),
    Rule(r"(.*_)?(hidden_layers|num_layers|n_layers?|layers|depth|num_blocks)", "layers"),
    Rule(r"(.*_)?(intermediate_size|intermediate_dim|ffn_dim|d_ff|n_inner|d_inner|mlp_dim|ffn_hidden_size"
         r"|dim_feedforward|feedforward_dim|inner_dim)", "feed_forward"),
    Rule(r"(max_source_positions)", "frames"),
    Rule(r"(.*_)?(max_position_embeddings|n_positions|n_ctx|max_.*positions|max_seq_len(gth)?)", "positions"),
    Rule(r"(.*_)?image_size", "image"),
    Rule(r"(image_seq_length|mm_tokens_per_image)", "image_tokens"),
    Rule(r"(patch_size|encoder_stride)", "patch"),
    Rule(r"window_size", "window"),
    Rule(r"num_mel_bins", "mel_bins"),
    Rule(r"(num_queries|num_query_tokens|num_denoising|num_latents)", "queries"),
    Rule(r"(.*_)?(codebook_size|num_codevectors_per_group|num_embeddings)", "codes"),
    Rule(r"num_conv_pos_embeddings", "position_kernel"),
    Rule(r"num_conv_pos_embedding_groups", "position_groups"),
    Rule(r"(.*_)?(state_size|d_state)", "state"),
    Rule(r"(context_length|prediction_length)", "series"),
    Rule(r"num_filters", "filters"),
    Rule(r"num_pos_feats", "half_width"),
    Rule(r"num_frames", "video_frames"),
    Rule(r"(output_channels|codebook_dim|vector_quantization_hidden_dimension|bottleneck_features)", "width"),
    Rule(r"upsample_groups", "width"),
    Rule(r"(.*_)?(base_channels|initial_channels?)", "width"),
    Rule(r"(attn|expert)_layer_period", "period"),
    Rule(r"(attn|expert)_layer_offset", "groups"),
    Rule(r"position_embedding_size", "positions"),
    Rule(r"(.*_)?(hidden_size|hidden_sizes?_global|hidden_size_per_layer_input|hidden_dim|d_model|d_latents"
         r"|n_embd|embed_dim|embedding_size"
         r"|embedding_dim|emb_dim|embed_size|dim|model_dim|projection_dim|proj_dim|projection_size|proj_size"
         r"|output_dim|codevector_dim|pooler_output_size|lru_width)", "width"),
)  # fmt: skip

# Fields that count the entries of a table of tokens, beside `vocab_size` itself.
VOCABULARIES = r"(.*_)?vocab(_size)?(_.*)?"

# Stages of a network, wide at the end: one factor shrinks them all, so that their ratios stay.
STAGE_WIDTHS = r"(.*_)?(hidden_sizes|embed_dims?|embed_dim_per_stage|conv_dim|tdnn_dim|dims|channels|widths"
STAGE_WIDTHS += r"|hidden_channels)"
# Lists that say one and the same width for each level.
EQUAL_WIDTHS = r"decoder_in_channels"
# Lists with a number of layers for each stage: one layer in each.
STAGE_DEPTHS = r"(.*_)?(depths|layers|num_blocks|blocks_per_stage|block_repeats|layer_depths)"
# Lists with a number of heads for each stage: divided by the smallest.
STAGE_HEADS = r"(.*_)?(heads|num_heads|num_attention_heads|num_attention_heads_per_stage)"
# Numbers of layers whose output is used: brought into the range that is left.
LAYER_INDICES = r"(.*_)?(feature_layers?|feature_layer_indices|attn_indexes|visual_indexes|block_indexes"
LAYER_INDICES += r"|global_attention_blocks|global_attn_indexes)"
# One number that all widths are multiplied by; where there is one, it shrinks them all, and lists stay.
MULTIPLIERS = r"(width_coefficient|width_multiplier|depth_multiplier)"
# The stages of a backbone whose output is used, by number and by name.
OUTPUT_STAGES = ("out_indices", "out_features")
# Lists with the kind of each layer of one round; there is a layer for each.
ROUNDS = r"block_types"
# Lists of image sizes, (height, width) each: the smallest edge becomes that of an image.
IMAGE_SIZES = r"image_grid_pinpoints"
# Lists that a class derives at full size where they are None, so that they must be given.
DERIVED = (STAGE_WIDTHS, STAGE_DEPTHS, STAGE_HEADS, IMAGE_SIZES)

# Trained weights spread further than the usual initialisation: with these, answers follow the input.
FLOATS = {
    r"(.*_)?(initializer_range|init_std|initializer_std)": 0.3,
    r"initializer_factor": 3.0,
    MULTIPLIERS: 0.125,
    r"depth_coefficient": 0.1,
    r"(.*_)?(layer_scale_init_value|layerscale_value|layer_scale_initial_scale)": 0.5,
}

# Parameters that scale what another part of the model adds; where they start at zero, they are opened so far.
GATES = r".*(_gate|gate_attention|gate_ffw|alpha_cross_attn|alpha_dense|_logit_scale)"
OPEN = 0.5
# Matrices that start at zero too, though they project rather than scale: they are drawn. (A router of zeros
# likes all experts as much, and each engine takes others then.)
CLOSED_PROJECTIONS = r".*(_projection_weight|(o_proj|down_proj|value_embeddings|router\.gate)\.weight)"
# The buffer of a router that sends a token to the experts of its row.
EXPERTS_OF_TOKENS = "tid2eid"

# `<role>_token_id` and `<role>_token_index`: the id of a token that has a role.
TOKEN_ID = re.compile(r"(?P<role>\w+)_token_(id|index)")
# The tokens that features are put in place of; some classes leave their ids to the checkpoint.
PLACEHOLDER_ID = re.compile(r"(?P<role>image|video|audio)_token_(id|index)")
SEVERAL_TOKEN_IDS = re.compile(r"\w+_token_ids|(begin_)?suppress_tokens")
TOKEN_ID_LISTS = re.compile(r"(begin_)?suppress_tokens")
# The roles that every tokenizer may have, and which other role stands in for one it lacks.
STAND_INS = {
    "bos": ("cls", "eos"), "eos": ("sep", "pad"), "pad": ("eos", "unk"), "unk": ("pad", "eos"),
    "cls": ("bos",), "sep": ("eos",), "mask": ("unk", "eos"),
}  # fmt: skip

# Arguments of processors that are a field of the config, under its name or another.
EDGES = ("size", "crop_size", "pad_size", "max_image_size")
SHARED_WITH_IMAGE_PROCESSOR = ("patch_size", "temporal_patch_size", "image_grid_pinpoints")
SHARED_WITH_FEATURE_EXTRACTOR = {
    "feature_size": "num_mel_bins", "num_mel_bins": "num_mel_bins", "sampling_rate": "sampling_rate",
}  # fmt: skip
SHARED_WITH_PROCESSOR = {
    "patch_size": "patch_size",
    "img_size": "image_size",
    "downsample_factor": "downsample_factor",
    "downsample_rate": "downsample_rate",
    "vision_feature_select_strategy": "vision_feature_select_strategy",
    "spatial_merge_size": "spatial_merge_size",
    "num_query_tokens": "num_query_tokens",
}
# Fields with the id of the token that the model puts image features in place of.
IMAGE_TOKEN_FIELDS = ("image_token_id", "image_token_index")
# Optional parts of a config that a type with a processor of the kind has.
PARTS_OF_PROCESSORS = {"vision_config": "image_processor", "audio_config": "feature_extractor"}
# Parts of composed processors that are not called by the name of their kind.
PARTS_OF_COMPOSED = {"audio_processor": "feature_extractor"}
# Arguments of processors that say how many placeholders an image, or a tile of it, becomes.
IMAGE_COUNTERS = ("image_seq_length", "image_seq_len", "num_image_tokens")


@cache
def integer_rule(name: str) -> str | None:
    """The attribute of `Sizes` that a field's size is read from, or None where no rule knows it."""
    return next((rule.size for rule in INTEGERS if re.fullmatch(rule.pattern, name)), None)


def label_count(class_name: str) -> int:
    """How many labels the head of a model class has."""
    return next(count for pattern, count in LABELS.items() if re.fullmatch(pattern, class_name))


def label_fields(class_name: str) -> tuple[str, ...]:
    """The fields that hold the number of labels for a model class."""
    found = (names for pattern, names in LABEL_COUNTS.items() if re.fullmatch(pattern, class_name))
    return next(found, ())


@cache
def float_rule(name: str) -> float | None:
    """The value of a float field that a rule knows."""
    return next((value for pattern, value in FLOATS.items() if re.fullmatch(pattern, name)), None)
