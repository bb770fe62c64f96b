"""A tiny config from a config class alone: every field by a general rule, or left as it is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from generator.execution import tiny_rules as rules
from generator.execution.tiny_rules import Sizes

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from generator.specs.schema import ModelSpec


class TinyError(Exception):
    """No tiny config, model or processor could be made; the message says why and what to do."""


@dataclass(frozen=True)
class Vocabulary:
    """The one vocabulary of a tiny model: its size, and the ids of its tokens by role and by text."""

    size: int = 256
    roles: Mapping[str, int] = field(
        default_factory=lambda: {"pad": 0, "bos": 1, "eos": 2, "unk": 3, "cls": 1, "sep": 2, "mask": 4}
    )
    tokens: Mapping[str, int] = field(default_factory=dict)

    def role(self, role: str) -> int | None:
        """The id of the token with a role, or of the one that stands in for it."""
        names = (role, *rules.STAND_INS.get(role, ()))
        return next((self.roles[name] for name in names if name in self.roles), None)

    def token(self, text: str) -> int:
        """The id of a token that an overlay names by its text."""
        if text not in self.tokens:
            raise TinyError(f"no token {text!r} in the tiny tokenizer; add it in tiny.processor.tokenizer")
        return self.tokens[text]


@dataclass(frozen=True)
class Facts:
    """A config class and the values its fields have before anything is made tiny."""

    config_class: type[PreTrainedConfig]
    given: Mapping[str, Any]

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The class's own fields; arguments that its owner gives (`given`) come first."""
        own = {f.name: _default(f) for f in fields(self.config_class) if f.name not in _inherited()}
        return {**own, **{name: value for name, value in self.given.items() if name in own}}

    @cached_property
    def derived(self) -> PreTrainedConfig:
        """The config as the class completes it, to see what it derives from its None defaults."""
        return self.config_class(**self.given)

    def subfacts(self) -> Iterator[tuple[str, Facts]]:
        """The parts of a composed config, except those that are optional and absent."""
        for name, part in self.config_class.sub_configs_defaults.items():
            if part.optional and getattr(self.derived, name) is None:
                continue
            yield name, Facts(_part_class(part), part.init_kwargs)


def _inherited() -> frozenset[str]:
    from transformers import PreTrainedConfig

    return frozenset(f.name for f in fields(PreTrainedConfig))


def _default(config_field: Any) -> Any:
    if config_field.default is not MISSING:
        return config_field.default
    return None if config_field.default_factory is MISSING else config_field.default_factory()


def _part_class(part: Any) -> type[PreTrainedConfig]:
    """A part is declared by its class, or, for an auto class, by its default model type."""
    from transformers import AutoConfig

    if part.config_class is AutoConfig:
        return part.get_config_class(part.model_type)
    return part.config_class


def facts(spec: ModelSpec) -> Facts:
    """What is known of a model type before it is made tiny."""
    import transformers

    return Facts(getattr(transformers, spec.config_class), {})


def token_roles(known: Facts) -> tuple[str, ...]:
    """The roles of tokens that a config gives an id of its own, over all its parts, sorted.

    A role whose default id is another role's (a start token that is the padding token) is not its own.
    """
    ids = {match["role"]: value for match, value in _token_fields(known)}
    common = {ids[role] for role in ids if role in rules.STAND_INS}
    own = {role for role, value in ids.items() if role not in rules.STAND_INS and value not in common}
    return tuple(sorted(own.union(*(token_roles(part) for _, part in known.subfacts()))))


def _token_fields(known: Facts) -> Iterator[tuple[re.Match[str], int]]:
    for name, value in known.defaults.items():
        match = rules.TOKEN_ID.fullmatch(name)
        if match and isinstance(value, int):
            yield match, value


def tiny_config(
    spec: ModelSpec, level: int = 0, vocabulary: Vocabulary | None = None, class_name: str = ""
) -> PreTrainedConfig:
    """The tiny config of a model type at one level of `tiny_rules.LEVELS`; the overlay's fields come last.

    `class_name` is the model class that it is for, which decides the number of labels.
    """
    vocabulary = vocabulary or Vocabulary()
    known = facts(spec)
    values = _Shrinker(known, rules.LEVELS[level], vocabulary).values()
    values = merge(values, resolve_tokens(spec.tiny.config, vocabulary))
    values = {**_labels(known, class_name), **values}
    try:
        return known.config_class(**values)
    except Exception as error:  # whatever a config class raises, the reader needs the level and the remedy
        raise TinyError(
            f"{spec.config_class} refuses the tiny values of level {level}: {error}; "
            f"correct them with tiny.config in specs/overlays/{spec.model_type}.yaml"
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
    if isinstance(value, str) and rules.TOKEN_ID.fullmatch(name):
        return vocabulary.token(value)
    return value


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, mapping by mapping."""
    both = {name: merge(base[name], value) if _both_mappings(base.get(name), value) else value
            for name, value in over.items()}  # fmt: skip
    return {**base, **both}


def _both_mappings(a: Any, b: Any) -> bool:
    return isinstance(a, Mapping) and isinstance(b, Mapping)


@dataclass(frozen=True)
class _Shrinker:
    """Applies the rules to the fields of one config class, and of its parts."""

    known: Facts
    sizes: Sizes
    vocabulary: Vocabulary

    def values(self) -> dict[str, Any]:
        """The overrides: only fields that a rule changes, and every part."""
        defaults = self.known.defaults
        changed = {name: self.value(name, default) for name, default in defaults.items()}
        changed = {name: value for name, value in changed.items() if value != defaults[name]}
        return {**changed, **self.start(), **self.per_layer(), **self.parts()}

    def start(self) -> dict[str, int]:
        """What an encoder-decoder over tokens starts with; checkpoints say it where the class has no field."""
        if "vocab_size" not in self.known.defaults or not self.known.derived.is_encoder_decoder:
            return {}
        if hasattr(self.known.derived, "decoder_start_token_id"):
            return {}
        return {"decoder_start_token_id": self.vocabulary.role("pad") or 0}

    def parts(self) -> dict[str, dict[str, Any]]:
        return {name: self.part(facts) for name, facts in self.known.subfacts()}

    def part(self, part: Facts) -> dict[str, Any]:
        own = _Shrinker(part, self.sizes, self.vocabulary).values()
        return {"model_type": part.config_class.model_type, **part.given, **own}

    def value(self, name: str, default: Any) -> Any:
        """The tiny value of a field; None and what no rule knows stay for the config to derive."""
        if default is None or isinstance(default, bool | str):
            return default
        if rules.TOKEN_ID.fullmatch(name) or rules.TOKEN_ID_LISTS.fullmatch(name):
            return self.token(name, default)
        if isinstance(default, float):
            return default if rules.float_rule(name) is None else rules.float_rule(name)
        if isinstance(default, int):
            return self.integer(name, default)
        if isinstance(default, list | tuple) and default:
            return self.sequence(name, default)
        return default

    def integer(self, name: str, default: int) -> int:
        if name == "vocab_size":
            return self.vocabulary.size
        rule = rules.integer_rule(name)
        if re.fullmatch(rules.LAYER_INDICES, name):
            return self.layer_index(default)
        if rule is None or default <= 0:
            return default
        if rule == "key_value_heads" and default == self.known.defaults.get("num_attention_heads"):
            return self.sizes.heads
        if rule in {"heads", "key_value_heads"}:  # more than one head must divide the width
            return 1 if default == 1 else getattr(self.sizes, rule)
        return min(default, getattr(self.sizes, rule))

    def sequence(self, name: str, default: list[Any] | tuple[Any, ...]) -> Any:
        if not all(isinstance(item, int) and not isinstance(item, bool) for item in default):
            return default
        if re.fullmatch(rules.STAGE_HEADS, name):
            smallest = min(default)
            return type(default)(max(1, heads // smallest) for heads in default)
        if re.fullmatch(rules.STAGE_DEPTHS, name):
            return type(default)(min(1, depth) for depth in default)
        if re.fullmatch(rules.STAGE_WIDTHS, name):
            return type(default)(self.stage_width(width) for width in default)
        if re.fullmatch(rules.LAYER_INDICES, name):
            return type(default)(dict.fromkeys(self.layer_index(index) for index in default))
        return type(default)(self.integer(name, item) for item in default)

    @cached_property
    def stage_factor(self) -> int:
        """The one power of two that all widths of stages are divided by."""
        lists = [value for name, value in self.known.defaults.items()
                 if isinstance(value, list | tuple) and re.fullmatch(rules.STAGE_WIDTHS, name)]  # fmt: skip
        widest = max((item for value in lists for item in value if isinstance(item, int)), default=1)
        return 2 ** max(0, math.ceil(math.log2(widest / self.sizes.stage)))

    def stage_width(self, width: int) -> int:
        """Divided by the factor and rounded up to a multiple of 8, which groups and heads divide."""
        return width if width < 8 else 8 * math.ceil(width / self.stage_factor / 8)

    def layer_index(self, index: int) -> int:
        """An index of a layer, counted from either end, among the layers that are left."""
        return max(-self.sizes.layers, min(index, self.sizes.layers - 1))

    def per_layer(self) -> dict[str, Any]:
        """One layer of each kind, in lists that say a kind for each layer (given or derived)."""
        lists = {name: value for name in self.known.defaults if (value := self.kinds(name))}
        count = max((len(value) for value in lists.values()), default=0)
        padded = {name: (value * count)[:count] for name, value in lists.items()}
        layers = {"num_hidden_layers": count} if padded else {}
        return {**layers, **padded}

    def kinds(self, name: str) -> list[Any] | None:
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
        same = [match["role"] for match, value in _token_fields(self.known) if value == default]
        found = (self.vocabulary.role(role) for role in same)
        return next((value for value in found if value is not None), self.vocabulary.role("unk") or 0)
