"""What the installed transformers says about a model type, read from its source and never imported."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from generator.sources import mappings
from generator.sources.classes import Attribute, Classes, Field, Method, constructor
from generator.sources.evaluate import Call, Opaque, evaluate
from generator.sources.mappings import AutoMapping, Mappings
from generator.sources.modules import ClassSource, Package
from generator.specs.schema import ProcessorKind

_ATTENTION_FLAGS = {
    "_supports_sdpa": "sdpa",
    "_supports_flash_attn": "flash_attention_2",
    "_supports_flex_attn": "flex_attention",
}


@dataclass(frozen=True)
class ConfigClass:
    """A config class: its type, its fields with types and defaults, and the configs it holds."""

    source: ClassSource
    model_type: str | None
    base_config_key: str | None
    checkpoint: str | None
    fields: tuple[Field, ...]
    submodels: dict[str, str]
    embedded: frozenset[str]

    @property
    def origin(self) -> str:
        return self.source.origin

    def default(self, name: str) -> Any:
        """A field's default; `Opaque` when it is not data, None when there is no such field."""
        return next((field.default for field in self.fields if field.name == name), None)


@dataclass(frozen=True)
class Processor:
    """A processor of one kind: back end (None where there is only one) → class name, and who says so."""

    kind: ProcessorKind
    classes: Mapping[str | None, str]
    origin: str


@dataclass(frozen=True)
class ModelClass:
    """A modeling class: its `forward`, what that returns, its attention back ends, whether it generates."""

    source: ClassSource
    forward: Method | None
    output: ClassSource | None
    output_fields: tuple[Field, ...]
    attention: tuple[str, ...]
    attention_origin: str
    generates: bool

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def inputs(self) -> dict[str, str]:
        return self.forward.parameters if self.forward else {}


class Transformers:
    """The analyser. Everything is read on demand and remembered."""

    def __init__(self, package_dir: Path):
        self.package = Package(package_dir)
        self.classes = Classes(self.package)
        self.named: dict[str, tuple[Processor, ...]] = {}
        """Processors that no mapping lists for their types, as somebody says that checkpoints have them."""
        self._models: dict[ClassSource, ModelClass] = {}
        self._configs: dict[str, ConfigClass | None] = {}
        self._embedded: dict[str, frozenset[str]] = {}

    @cached_property
    def mappings(self) -> Mappings:
        return mappings.read(self.package)

    def model_types(self) -> tuple[str, ...]:
        """Every model type that has a class in an auto mapping of models, sorted."""
        with_model = {key for mapping in self.mappings.models.values() for key in mapping.classes}
        return tuple(sorted(with_model & set(self.mappings.configs)))

    def top_level_types(self) -> tuple[str, ...]:
        """The model types that are not merely a part of another one, sorted.

        A part is a type whose config class sets `base_config_key`, or is embedded by another config class of
        its package. A type that is named like its package is never a part.
        """
        return tuple(name for name in self.model_types() if self._is_top_level(name))

    def package_name(self, model_type: str) -> str:
        """The folder under `transformers/models`: `data2vec-audio` → `data2vec`."""
        return self.mappings.modules.get(model_type, model_type.replace("-", "_"))

    def _is_top_level(self, model_type: str) -> bool:
        package = self.package_name(model_type)
        if model_type.replace("-", "_") == package:
            return True
        config = self.config(model_type)
        if config is None or config.base_config_key:
            return False
        return config.source.name not in self._embedded_in(package)

    def _embedded_in(self, package: str) -> frozenset[str]:
        """The config classes that another config class of a package holds."""
        if package not in self._embedded:
            files = self.package.files(f"models/{package}", "configuration_")
            modules = filter(None, map(self.package.module, files))
            sources = [source for module in modules for source in module.classes.values()]
            held = {
                name for source in sources for name in self._config_class(source).embedded - {source.name}
            }
            self._embedded[package] = frozenset(held)
        return self._embedded[package]

    def config(self, model_type: str) -> ConfigClass | None:
        """The config class of a model type, or None where the source has none."""
        if model_type not in self._configs:
            name = self.mappings.configs.get(model_type)
            source = self._find(model_type, "configuration_", name) if name else None
            self._configs[model_type] = self._config_class(source) if source else None
        return self._configs[model_type]

    def model(self, model_type: str, name: str) -> ModelClass | None:
        """A modeling class by name, looked for in the type's package first."""
        source = self._find(model_type, "modeling_", name)
        if source is None:
            return None
        if source not in self._models:
            self._models[source] = self._model_class(source)
        return self._models[source]

    def model_ending(self, model_type: str, suffix: str) -> ModelClass | None:
        """The first class of the type's modeling modules whose name ends so."""
        for path in self._modeling_files(model_type):
            module = self.package.module(path)
            for name in module.classes if module else ():
                if name.endswith(suffix) and not name.startswith("_"):
                    return self.model(model_type, name)
        return None

    def _modeling_files(self, model_type: str) -> tuple[str, ...]:
        """The type's own module, where it has one, before the others of its package."""
        folder = f"models/{self.package_name(model_type)}"
        files = self.package.files(folder, "modeling_")
        own = f"{folder}/modeling_{model_type.replace('-', '_')}.py"
        return (own,) if own in files else files

    def heads(self, model_type: str) -> dict[str, str]:
        """Auto class → model class, for every auto mapping that has the type, sorted."""
        found = {
            mapping.auto_class: mapping.classes[model_type][0]
            for mapping in self.mappings.models.values()
            if mapping.auto_class and model_type in mapping.classes
        }
        return dict(sorted(found.items()))

    def auto_mapping(self, name: str) -> AutoMapping | None:
        return self.mappings.models.get(name)

    def processors(self, model_type: str) -> tuple[Processor, ...]:
        """The processors of a type, kind by kind, each with its class of every back end.

        A text model that the tokenizer mapping leaves out gets what `AutoTokenizer` falls back on, and a
        model of pixels that every mapping leaves out a plain image processor.
        """
        if model_type in self.named:
            return self.named[model_type]
        found = [
            Processor(mapping.kind, mapping.classes[model_type], mapping.origin)
            for mapping in self.mappings.processors
            if model_type in mapping.classes
        ]
        if not found and self._reads(model_type, "pixel_values"):
            origin = mappings.ANY_IMAGE_PROCESSOR_ORIGIN
            found = [Processor(ProcessorKind.IMAGE_PROCESSOR, mappings.ANY_IMAGE_PROCESSOR, origin)]
        if all(item.kind is not ProcessorKind.TOKENIZER for item in found) and self._reads(
            model_type, "input_ids"
        ):
            any_tokenizer = {None: mappings.ANY_TOKENIZER}
            found.insert(0, Processor(ProcessorKind.TOKENIZER, any_tokenizer, mappings.ANY_TOKENIZER_ORIGIN))
        return (*found, *self._held(model_type, found))

    def _held(self, model_type: str, found: list[Processor]) -> Iterator[Processor]:
        """What the type's processor holds and no mapping lists: that of the processor's own package."""
        names = [
            name for item in found if item.kind is ProcessorKind.PROCESSOR for name in item.classes.values()
        ]
        source = self.processor_class(model_type, names[0]) if names else None
        function = constructor(source) if source else None
        held = {argument.arg for argument in function.args.args} if function else set()
        package = source.path.split("/")[1] if source else ""
        for mapping in self.mappings.processors:
            listed = any(item.kind is mapping.kind for item in found)
            if mapping.kind.value in held and not listed and package in mapping.classes:
                yield Processor(mapping.kind, mapping.classes[package], mapping.origin)

    def _reads(self, model_type: str, name: str) -> bool:
        """Whether the forward of one of the type's models has a parameter of this name."""
        names = self.heads(model_type).values()
        models = (self.model(model_type, name) for name in names)
        return any(model is not None and name in model.inputs for model in models)

    def composed_processor(self, model_type: str) -> ClassSource | None:
        """The class of the processor that holds the others of a type, if it has one."""
        names = (
            name
            for processor in self.processors(model_type)
            if processor.kind is ProcessorKind.PROCESSOR
            for name in processor.classes.values()
        )
        return next((self.processor_class(model_type, name) for name in names), None)

    def tokenizer_class(self, model_type: str) -> ClassSource | None:
        """The class of the type's tokenizer, where it has one of its own."""
        names = (
            name
            for processor in self.processors(model_type)
            if processor.kind is ProcessorKind.TOKENIZER
            for name in processor.classes.values()
        )
        return next((self.processor_class(model_type, name, "tokenization_") for name in names), None)

    def processor_class(self, model_type: str, name: str, prefix: str = "processing_") -> ClassSource | None:
        """A processor's class by name, from a module that is named as its kind is."""
        return self._find(model_type, prefix, name)

    def image_processor_class(self, model_type: str, name: str) -> ClassSource | None:
        return self._find(model_type, "image_processing_", name)

    def has_class(self, name: str) -> bool:
        """Whether the package has a class of this name; a class answers to its old name `…Fast` as well."""
        return bool(self.package.defining(name) or self.package.defining(name.removesuffix("Fast")))

    def _find(self, model_type: str, prefix: str, name: str) -> ClassSource | None:
        local = self.package.files(f"models/{self.package_name(model_type)}", prefix)
        for path in local:
            module = self.package.module(path)
            if module and name in module.classes:
                return module.classes[name]
        elsewhere = (path for path in self.package.defining(name) if path.split("/")[-1].startswith(prefix))
        return next((self.package.find_class(path, name) for path in elsewhere), None)

    def _config_class(self, source: ClassSource) -> ConfigClass:
        specs = self._sub_configs(source)
        embedded = {name for name, _ in specs.values() if name}
        return ConfigClass(
            source=source,
            model_type=self._string(source, "model_type"),
            base_config_key=self._string(source, "base_config_key"),
            checkpoint=_decorator_checkpoint(source),
            fields=self.classes.fields(source),
            submodels={key: held for key, (_, held) in specs.items() if held},
            embedded=frozenset(embedded),
        )

    def _sub_configs(self, source: ClassSource) -> dict[str, tuple[str | None, str | None]]:
        """Config field → (config class, model type) that it holds by default."""
        attribute = self.classes.attribute(source, "sub_configs_defaults") or self.classes.attribute(
            source, "sub_configs"
        )
        if attribute is None or not isinstance(attribute.value, dict):
            return {}
        return {key: self._sub_config(attribute, value) for key, value in sorted(attribute.value.items())}

    def _sub_config(self, attribute: Attribute, value: Any) -> tuple[str | None, str | None]:
        """A sub-config is written as a class, or as `SubConfigSpec(config_class=…, model_type=…)`."""
        model_type = None
        if isinstance(value, Call):
            model_type = value.keywords.get("model_type")
            value = value.keywords.get("config_class", next(iter(value.arguments), None))
        name = value.text if isinstance(value, Opaque) else None
        if not isinstance(model_type, str):
            held = self.package.find_class(attribute.owner.path, name) if name else None
            model_type = self._string(held, "model_type") if held else None
        elif name == "AutoConfig":
            name = self.mappings.configs.get(model_type)
        return name, model_type or None

    def _string(self, source: ClassSource, name: str) -> str | None:
        attribute = self.classes.attribute(source, name)
        return attribute.value if attribute and isinstance(attribute.value, str) else None

    def _model_class(self, source: ClassSource) -> ModelClass:
        forward = self.classes.method(source, "forward")
        output = self.classes.output_class(forward) if forward else None
        attention, origin = self._attention(source)
        return ModelClass(
            source=source,
            forward=forward,
            output=output,
            output_fields=self.classes.fields(output) if output else (),
            attention=attention,
            attention_origin=origin,
            generates=self.classes.inherits(source, "GenerationMixin"),
        )

    def _attention(self, source: ClassSource) -> tuple[tuple[str, ...], str]:
        """Back ends as `attn_implementation` names them; a class may say no to what its base says yes to."""
        flags = {name: self.classes.attribute(source, flag) for flag, name in _ATTENTION_FLAGS.items()}
        supported = tuple(name for name, flag in flags.items() if flag and flag.value is True)
        owners = [flag.owner for flag in flags.values() if flag]
        return ("eager", *supported), (owners[0] if owners else source).origin


def _decorator_checkpoint(source: ClassSource) -> str | None:
    """`@auto_docstring(checkpoint="…")` on a config class."""
    for decorator in source.node.decorator_list:
        if isinstance(decorator, ast.Call):
            for keyword in decorator.keywords:
                value = evaluate(keyword.value)
                if keyword.arg == "checkpoint" and isinstance(value, str) and value:
                    return value
    return None


def package_dir() -> Path | None:
    """Where transformers is installed, found without importing it."""
    spec = importlib.util.find_spec("transformers")
    return Path(spec.origin).parent if spec and spec.origin else None


@cache
def installed() -> Transformers | None:
    """The analyser of the installed transformers, or None where it is not installed."""
    folder = package_dir()
    return Transformers(folder) if folder else None
