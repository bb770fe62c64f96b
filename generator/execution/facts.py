"""What is known before anything is made tiny: the fields of a config class, and the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from generator.execution import tiny_rules as rules

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
    wanted: tuple[str, ...] = ()
    """Optional parts that are made all the same."""

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
            if own := named_type(self.given.get(name)):
                yield name, Facts(own, {})
                continue
            if part.optional and name not in self.wanted and getattr(self.derived, name) is None:
                continue
            yield name, Facts(_part_class(part), part.init_kwargs)


def named_type(part: Any) -> type[PreTrainedConfig] | None:
    """The config class of a part, given as a mapping that names its model type; None for anything else."""
    from transformers import CONFIG_MAPPING

    stated = part.get("model_type") if isinstance(part, Mapping) else None
    # Its `get` finds nothing, for it is filled as it is indexed.
    return CONFIG_MAPPING[stated] if stated in CONFIG_MAPPING else None  # noqa: SIM401


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
    """What is known of a type before it is made tiny; an overlay may name other parts than its class."""
    import transformers

    kinds = {processor.kind for processor in spec.processors}
    wanted = tuple(part for part, kind in rules.PARTS_OF_PROCESSORS.items() if kind in kinds)
    stated = {name: part for name, part in spec.tiny.config.items() if named_type(part)}
    return Facts(getattr(transformers, spec.config_class), stated, wanted)


def token_roles(known: Facts) -> tuple[str, ...]:
    """The roles of tokens that a config gives an id of its own, over all its parts, sorted.

    A role whose default id is another role's (a start token that is the padding token) is not its own.
    """
    ids = {match["role"]: value for match, value in token_fields(known)}
    common = {ids[role] for role in ids if role in rules.STAND_INS}
    own = {role for role, value in ids.items() if role not in rules.STAND_INS and value not in common}
    return tuple(sorted(own.union(*(token_roles(part) for _, part in known.subfacts()))))


def text_positions(known: Facts) -> Iterator[int]:
    """How many positions the parts of a config have that read tokens."""
    positions = known.defaults.get("max_position_embeddings")
    if "vocab_size" in known.defaults and isinstance(positions, int):
        yield positions
    for _, part in known.subfacts():
        yield from text_positions(part)


def token_fields(known: Facts) -> Iterator[tuple[re.Match[str], int]]:
    """The fields of a config class, not of its parts, that hold a token's id: their role and default."""
    for name, value in known.defaults.items():
        match = rules.TOKEN_ID.fullmatch(name)
        if match and isinstance(value, int) and value >= 0:
            yield match, value
