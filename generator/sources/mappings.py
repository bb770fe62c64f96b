"""The auto mappings of transformers: which class each auto class finds for a model type."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from generator.sources.modules import Package
from generator.specs.schema import ProcessorKind

CONFIGURATION = "models/auto/configuration_auto.py"
MODELING = "models/auto/modeling_auto.py"
_PROCESSING = {
    ProcessorKind.TOKENIZER: ("models/auto/tokenization_auto.py", "TOKENIZER_MAPPING_NAMES"),
    ProcessorKind.IMAGE_PROCESSOR: (
        "models/auto/image_processing_auto.py",
        "IMAGE_PROCESSOR_MAPPING_NAMES",
    ),
    ProcessorKind.FEATURE_EXTRACTOR: (
        "models/auto/feature_extraction_auto.py",
        "FEATURE_EXTRACTOR_MAPPING_NAMES",
    ),
    ProcessorKind.VIDEO_PROCESSOR: (
        "models/auto/video_processing_auto.py",
        "VIDEO_PROCESSOR_MAPPING_NAMES",
    ),
    ProcessorKind.PROCESSOR: ("models/auto/processing_auto.py", "PROCESSOR_MAPPING_NAMES"),
}


# What `AutoTokenizer` takes for a text model that no mapping lists.
ANY_TOKENIZER = "TokenizersBackend"
ANY_TOKENIZER_ORIGIN = "source models/auto/tokenization_auto.py:AutoTokenizer"
# What stands in for a model of pixels that no mapping lists: its checkpoints name their own class.
ANY_IMAGE_PROCESSOR = {"pil": "ViTImageProcessorPil", "torchvision": "ViTImageProcessor"}
ANY_IMAGE_PROCESSOR_ORIGIN = "rule a plain image processor, where no mapping of processors has the type"


@dataclass(frozen=True)
class AutoMapping:
    """One mapping of model types to class names, and the auto class that looks in it, if there is one."""

    name: str
    path: str
    auto_class: str | None
    classes: dict[str, tuple[str, ...]]

    @property
    def origin(self) -> str:
        return f"source {self.path}:{self.name}"


@dataclass(frozen=True)
class ProcessorMapping:
    """Model types to processor classes of one kind: back end (None where there is one) → class name."""

    kind: ProcessorKind
    path: str
    name: str
    classes: dict[str, dict[str | None, str]]

    @property
    def origin(self) -> str:
        return f"source {self.path}:{self.name}"


@dataclass(frozen=True)
class Mappings:
    """Everything that `transformers/models/auto` says."""

    configs: dict[str, str]
    modules: dict[str, str]
    models: dict[str, AutoMapping]
    processors: tuple[ProcessorMapping, ...]


def read(package: Package) -> Mappings:
    """Read the auto modules of the installed transformers."""
    configuration = package.data(CONFIGURATION)
    return Mappings(
        configs=_names(configuration.get("CONFIG_MAPPING_NAMES")),
        modules=_names(configuration.get("SPECIAL_MODEL_TYPE_TO_MODULE_NAME")),
        models=_model_mappings(package),
        processors=tuple(_processor_mapping(package, kind, *where) for kind, where in _PROCESSING.items()),
    )


def _model_mappings(package: Package) -> dict[str, AutoMapping]:
    auto_classes = _auto_classes(package)
    found: dict[str, AutoMapping] = {}
    for name, value in package.data(MODELING).items():
        if name.startswith("MODEL_") and name.endswith("_NAMES") and isinstance(value, dict):
            classes = {key: _class_names(item) for key, item in value.items() if _class_names(item)}
            found[name] = AutoMapping(name, MODELING, auto_classes.get(name), classes)
    return found


def _auto_classes(package: Package) -> dict[str, str]:
    """Mapping name → auto class, by way of `X = _LazyAutoMapping(…, X_NAMES)` and `_model_mapping = X`."""
    module = package.module(MODELING)
    if module is None:
        return {}
    lazy: dict[str, str] = {}
    for node in module.tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="_LazyAutoMapping"), args=[_, ast.Name(id=names)]),
            ):
                lazy[name] = names
    found: dict[str, str] = {}
    for source in module.classes.values():
        for node in source.node.body:
            match node:
                case ast.Assign(targets=[ast.Name(id="_model_mapping")], value=ast.Name(id=mapping)):
                    if not source.name.startswith("_") and mapping in lazy:
                        found.setdefault(lazy[mapping], source.name)
    return found


def _processor_mapping(package: Package, kind: ProcessorKind, path: str, name: str) -> ProcessorMapping:
    mapping = package.data(path).get(name)
    items = mapping.items() if isinstance(mapping, dict) else ()
    classes = {key: _by_backend(value) for key, value in items}
    return ProcessorMapping(kind, path, name, {key: value for key, value in classes.items() if value})


def _by_backend(value: Any) -> dict[str | None, str]:
    if isinstance(value, dict):
        return {backend: value[backend] for backend in sorted(value) if isinstance(value[backend], str)}
    return dict.fromkeys([None], names[0]) if (names := _class_names(value)) else {}


def _class_names(value: Any) -> tuple[str, ...]:
    """A mapping's value is a class name, a tuple of them, best first, or None."""
    values = value if isinstance(value, tuple | list) else (value,)
    return tuple(item for item in values if isinstance(item, str))


def _names(value: Any) -> dict[str, str]:
    items = value.items() if isinstance(value, dict) else ()
    return {key: item for key, item in items if isinstance(item, str)}
