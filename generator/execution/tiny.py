"""A tiny config from a config class alone: every field by a general rule, or left as it is."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from generator.execution import tiny_rules as rules
from generator.execution.facts import Facts, TinyError, Vocabulary, facts, token_fields
from generator.execution.tiny_rules import Sizes

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from generator.specs.schema import ModelSpec


def tiny_config(
    spec: ModelSpec,
    level: int = 0,
    vocabulary: Vocabulary | None = None,
    class_name: str = "",
    fill: bool = False,
) -> PreTrainedConfig:
    """The tiny config of a model type at one level of `tiny_rules.LEVELS`; the overlay's fields come last.

    `class_name` is the model class that it is for, which decides the number of labels. `fill` gives a size to
    fields that are None and stay so, which some classes leave to the checkpoint to say.
    """
    vocabulary = vocabulary or Vocabulary()
    known = facts(spec)
    values = _Shrinker(known, rules.LEVELS[level], vocabulary, fill).values()
    values = merge(values, resolve_tokens(spec.tiny.config, vocabulary))
    values = {**_labels(known, class_name), **values}
    try:
        return known.config_class(**values)
    except Exception as error:  # whatever a config class raises, it is the values that it does not take
        raise TinyError(
            f"{spec.config_class} refuses the tiny values: {' '.join(str(error).split())}"
        ) from error


def _labels(known: Facts, class_name: str) -> dict[str, Any]:
    """The labels of a head, and the fields that count them."""
    names = {i: f"LABEL_{i}" for i in range(rules.label_count(class_name))}
    fields = {name: len(names) for name in rules.label_fields(class_name) if name in known.defaults}
    return {"id2label": names, "label2id": {name: i for i, name in names.items()}, **fields}


def resolve_tokens(values: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """An overlay's values, with the text of a token in place of an id turned into the id."""
    return {name: _resolve(name, value, vocabulary) for name, value in values.items()}


def _resolve(name: str, value: Any, vocabulary: Vocabulary) -> Any:
    if isinstance(value, Mapping):
        return resolve_tokens(value, vocabulary)
    if isinstance(value, list) and rules.SEVERAL_TOKEN_IDS.fullmatch(name):
        return [vocabulary.token(item) if isinstance(item, str) else item for item in value]
    if isinstance(value, str) and (rules.TOKEN_ID.fullmatch(name) or name == value):  # `<image>: <image>`
        return vocabulary.token(value)
    return value


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, mapping by mapping."""
    both = {name: merge(base[name], value) if _both_mappings(base.get(name), value) else value
            for name, value in over.items()}  # fmt: skip
    return {**base, **both}


def _both_mappings(a: Any, b: Any) -> bool:
    return isinstance(a, Mapping) and isinstance(b, Mapping)


def _differ(value: Any, default: Any) -> bool:
    """Whether two values would be written differently; a tuple is written as a list is."""
    return value != (list(default) if isinstance(default, tuple) else default)


@dataclass(frozen=True)
class _Shrinker:
    """Applies the rules to the fields of one config class, and of its parts."""

    known: Facts
    sizes: Sizes
    vocabulary: Vocabulary
    fill: bool = False

    def values(self) -> dict[str, Any]:
        """The overrides: only fields that a rule changes, and every part."""
        defaults = self.known.defaults
        changed = {name: self.value(name, self.stated(name)) for name in defaults}
        changed = {name: value for name, value in changed.items() if _differ(value, defaults[name])}
        special = (self.start(), self.rotary(), self.per_layer(), self.rounds(), self.outputs(), self.parts())
        return {**changed, **dict(chain.from_iterable(found.items() for found in special))}

    def start(self) -> dict[str, int]:
        """The start of an encoder-decoder over tokens, which checkpoints say where the class has no field."""
        if "vocab_size" not in self.known.defaults or not self.known.derived.is_encoder_decoder:
            return {}
        if hasattr(self.known.derived, "decoder_start_token_id"):
            return {}
        return {"decoder_start_token_id": self.vocabulary.role("pad") or 0}

    def parts(self) -> dict[str, dict[str, Any]]:
        return {name: self.part(facts) for name, facts in self.known.subfacts()}

    def rounds(self) -> dict[str, int]:
        """A layer of each kind, where a list says the kinds of one round."""
        found = (value for name, value in self.known.defaults.items() if re.fullmatch(rules.ROUNDS, name))
        longest = max((len(value) for value in found if value), default=0)
        return {"num_hidden_layers": longest} if longest else {}

    def outputs(self) -> dict[str, Any]:
        """A layer for each stage whose output is used, where a stage is a layer."""
        used = getattr(self.known.derived, "out_indices", None)
        if not used or self.stages is not None or "num_hidden_layers" not in self.known.defaults:
            return {}
        count = max(len(used), self.sizes.layers)
        indices = list(range(count - len(used) + 1, count + 1))
        return {"num_hidden_layers": count, "out_indices": indices, "out_features": None}

    def part(self, part: Facts) -> dict[str, Any]:
        shrinker = _Shrinker(part, self.sizes, self.vocabulary, self.fill)
        given = {name: shrinker.value(name, value) for name, value in part.given.items()}
        return {"model_type": part.config_class.model_type, **given, **shrinker.values()}

    def stated(self, name: str) -> Any:
        """A field's default; lists of stages are stated by the config that derives them, too."""
        default = self.known.defaults[name]
        if default is None and any(re.fullmatch(pattern, name) for pattern in rules.DERIVED):
            return getattr(self.known.derived, name, None)
        if default is None and self.fill and getattr(self.known.derived, name, None) is None:
            return self.filled(name)
        return default

    def filled(self, name: str) -> int | None:
        """The size that a field without any has by the rules."""
        if name == "vocab_size":
            return self.vocabulary.size
        rule = rules.integer_rule(name)
        return None if rule is None else getattr(self.sizes, rule)

    def value(self, name: str, default: Any) -> Any:
        """The tiny value of a field; None and what no rule knows stay for the config to derive."""
        if name == "vocab_size":  # some classes leave even this to the checkpoint
            return self.vocabulary.size
        if default is None and (match := rules.PLACEHOLDER_ID.fullmatch(name)):
            return self.vocabulary.role(match["role"])
        if default is None or isinstance(default, bool | str):
            return default
        if rules.TOKEN_ID.fullmatch(name) or rules.TOKEN_ID_LISTS.fullmatch(name):
            return self.token(name, default)
        if isinstance(default, float):
            return default if rules.float_rule(name) is None else rules.float_rule(name)
        if isinstance(default, int):
            return self.integer(name, default)
        if isinstance(default, list | tuple) and default:
            return self.sequence(name, list(default))
        return default

    def integer(self, name: str, default: int) -> int:
        if name == "vocab_size":
            return self.vocabulary.size
        if re.fullmatch(rules.VOCABULARIES, name):
            return min(default, self.vocabulary.size)
        rule = rules.integer_rule(name)
        if re.fullmatch(rules.LAYER_INDICES, name):
            return self.layer_index(default)
        if rule is None or default <= 0 or (rule == "layers" and default == self.stages):
            return default
        if rule == "key_value_heads" and default == self.known.defaults.get("num_attention_heads"):
            return self.sizes.heads
        if rule in {"image", "window"} and self.stages is not None:
            rule = f"stage_{rule}"
        if rule in {"heads", "key_value_heads"}:  # more than one head must divide the width
            return 1 if default == 1 else getattr(self.sizes, rule)
        return min(default, getattr(self.sizes, rule))

    def sequence(self, name: str, default: list[Any]) -> Any:
        if re.fullmatch(rules.IMAGE_SIZES, name):
            smallest = min(min(edges) for edges in default)
            return [[self.sizes.image * edge // smallest for edge in edges] for edges in default]
        if not all(isinstance(item, int) and not isinstance(item, bool) for item in default):
            return default
        if re.fullmatch(rules.STAGE_HEADS, name):
            smallest = min(default)
            return [max(1, heads // smallest) for heads in default]
        if re.fullmatch(rules.STAGE_DEPTHS, name):
            return [min(1, depth) for depth in default]
        if re.fullmatch(rules.EQUAL_WIDTHS, name):
            return [self.sizes.width for _ in default]
        if re.fullmatch(rules.STAGE_WIDTHS, name):
            return [self.stage_width(width) for width in default]
        if re.fullmatch(rules.LAYER_INDICES, name):
            return list(dict.fromkeys(self.layer_index(index) for index in default))
        return [self.integer(name, item) for item in default]

    @cached_property
    def stage_factor(self) -> int:
        """The one power of two that all widths of stages are divided by."""
        if any(re.fullmatch(rules.MULTIPLIERS, name) for name in self.known.defaults):
            return 1
        lists = self.lists(rules.STAGE_WIDTHS)
        widest = max((item for value in lists for item in value if isinstance(item, int)), default=1)
        return 2 ** max(0, math.ceil(math.log2(widest / self.sizes.stage)))

    @cached_property
    def stages(self) -> int | None:
        """The number of stages, where each has an entry in lists; it cannot shrink."""
        lists = self.lists(rules.STAGE_DEPTHS)
        return len(lists[0]) if lists else None

    def lists(self, pattern: str) -> list[list[Any] | tuple[Any, ...]]:
        names = (name for name in self.known.defaults if re.fullmatch(pattern, name))
        return [value for name in names if isinstance(value := self.stated(name), list | tuple)]

    def stage_width(self, width: int) -> int:
        """Divided by the factor and rounded up to a multiple of 8, which groups and heads divide."""
        return width if width < 8 or self.stage_factor == 1 else 8 * math.ceil(width / self.stage_factor / 8)

    def layer_index(self, index: int) -> int:
        """An index of a layer, counted from either end, among the layers that are left."""
        return max(-self.sizes.layers, min(index, self.sizes.layers - 1))

    def rotary(self) -> dict[str, dict[str, Any]]:
        """Sections of rotary frequencies fill half of a head: the later ones get one frequency each."""
        found = getattr(self.known.derived, "rope_parameters", None)
        if not isinstance(found, Mapping) or "mrope_section" not in found:
            return {}
        rest = len(found["mrope_section"]) - 1
        sections = [self.sizes.head_dim // 2 - rest, *[1] * rest]
        return {"rope_parameters": {**found, "mrope_section": sections}}

    def per_layer(self) -> dict[str, Any]:
        """One layer of each kind, in lists that say a kind for each layer (given or derived)."""
        lists = {name: value for name in self.known.defaults if (value := self.kinds(name))}
        count = max((len(value) for value in lists.values()), default=0)
        padded = {name: (value * count)[:count] for name, value in lists.items()}
        layers = {"num_hidden_layers": count} if padded else {}
        return {**layers, **padded}

    def kinds(self, name: str) -> list[Any] | None:
        if not isinstance(self.known.defaults[name], list | tuple | None):
            return None
        value = getattr(self.known.derived, name, None)
        layers = getattr(self.known.derived, "num_hidden_layers", None)
        if not isinstance(value, list | tuple) or len(value) != layers or layers < 2:
            return None
        if not all(isinstance(item, str) for item in value):
            return None
        kinds = list(dict.fromkeys(value))
        return (kinds * self.sizes.layers)[: max(len(kinds), self.sizes.layers)]

    def token(self, name: str, default: Any) -> Any:
        """The id of a role in the tiny vocabulary; lists of ids become the end token's."""
        if isinstance(default, list | tuple):
            return [self.vocabulary.role("eos") or 0]
        if default < 0:
            return default
        role = rules.TOKEN_ID.fullmatch(name)["role"]
        own = self.vocabulary.role(role)
        return own if own is not None else self.shared(default)

    def shared(self, default: int) -> int:
        """The id of the role that has the same id by default, else of the unknown token."""
        same = [match["role"] for match, value in token_fields(self.known) if value == default]
        found = (self.vocabulary.role(role) for role in same)
        return next((value for value in found if value is not None), self.vocabulary.role("unk") or 0)
