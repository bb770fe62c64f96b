"""Tiny checkpoints: real folders that `from_pretrained` loads, built once and kept by their content."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.execution import placeholders, processors, tiny
from generator.execution import tiny_rules as rules
from generator.execution.facts import TinyError, Vocabulary
from generator.specs.schema import Modality, TinyConfig

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

    from generator.specs.schema import ModelSpec

_FACTS = ("config_class", "placeholders", "processors", "requires", "tiny", "withheld")
_SOURCES = (
    "checkpoint",
    "corpus",
    "facts",
    "pairs",
    "placeholders",
    "processors",
    "tekken",
    "tiny",
    "tiny_rules",
    "tokenizer",
    "written_tokens",
)
_LIBRARIES = ("numpy", "pillow", "safetensors", "tokenizers", "torch", "transformers")


def ensure(spec: ModelSpec, task_name: str, cache_dir: Path) -> Path:
    """The folder of the tiny checkpoint for one task of a model type, built if it is not there yet.

    A folder appears under its name only when it is complete, whoever else builds it at the same time.
    """
    return ensure_class(spec, spec.tasks[task_name].model_class, location(spec, task_name, cache_dir))


def ensure_class(spec: ModelSpec, class_name: str, folder: Path) -> Path:
    """The folder, with the tiny checkpoint of one class of a model type in it."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        _build(spec, class_name, unfinished)
        _publish(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def location(spec: ModelSpec, task_name: str, cache_dir: Path) -> Path:
    """Where a checkpoint is kept: its path holds a digest of everything that decides its content."""
    model_class = spec.tasks[task_name].model_class
    return Path(cache_dir) / "checkpoints" / spec.model_type / content_key(spec) / model_class


def content_key(spec: ModelSpec) -> str:
    """A digest of the facts, the code and the libraries that decide a checkpoint's bytes."""
    decides = {
        "facts": spec.model_dump(mode="json", include=set(_FACTS)),
        "input_names": processors.input_names(spec),
        "fills_masks": processors.fills_masks(spec),
        **_builders(),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _builders() -> dict[str, list[str]]:
    """The code that builds, as text, and the versions of the libraries that it builds with."""
    return {
        "code": [Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8") for name in _SOURCES],
        "libraries": [metadata.version(name) for name in _LIBRARIES],
    }


def _publish(unfinished: Path, folder: Path) -> None:
    """Puts a complete folder in its place; where another process was first, its equal stays."""
    unfinished.chmod(0o755)
    try:
        unfinished.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _build(spec: ModelSpec, class_name: str, folder: Path) -> None:
    """Builds; whatever a library raises becomes an error that names the model type and the remedy."""
    try:
        build(spec, class_name, folder)
    except TinyError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise TinyError(
            f"no tiny checkpoint of {class_name}: {reason}; "
            f"install what is missing, or set tiny in specs/overlays/{spec.model_type}.yaml"
        ) from error


def build(spec: ModelSpec, class_name: str, folder: Path) -> None:
    """Writes the model of a class, with seeded weights, and its processor files into a folder."""
    trained = processors.tokenizer(spec)
    config = small_enough(spec, class_name, trained)
    model = _seeded(_class(class_name), config, spec.tiny.seed)
    _settle_generation(model, processors.vocabulary(trained), spec.tiny.generation)
    parts = processors.processors(spec, config, trained, _codec(spec, folder.parent))
    for part in parts:
        if _is_shown_pictures(spec, class_name):
            part = placeholders.fit(part, model, spec.placeholders.get(Modality.IMAGE))
        part.save_pretrained(folder)
    model.save_pretrained(folder)
    _write_files(spec.tiny.files, folder)
    _check_loading(class_name, folder)


def _write_files(files: Mapping[str, Any], folder: Path) -> None:
    import torch

    for name, content in files.items():
        torch.save(content, folder / name)


def _is_shown_pictures(spec: ModelSpec, class_name: str) -> bool:
    """Whether a class serves more than texts, so that its placeholders matter."""
    served = (name for name in spec.tasks.keys() - spec.withheld.keys() if not name.startswith("text-"))
    return any(spec.tasks[name].model_class == class_name for name in served)


def _codec(spec: ModelSpec, parent: Path) -> PreTrainedModel | None:
    """The model of sound that the type's processor holds: a checkpoint beside, which it names by its path."""
    class_name = processors.codec_class(spec)
    if class_name is None:
        return None
    config_class = _class(class_name).config_class
    own = {"model_type": config_class.model_type, "config_class": config_class.__name__, "processors": ()}
    facts = TinyConfig(config=spec.tiny.processor.get("audio_tokenizer", {}))
    folder = ensure_class(spec.model_copy(update={**own, "tiny": facts}), class_name, parent / class_name)
    return _class(class_name).from_pretrained(folder)


def _class(name: str) -> type[PreTrainedModel]:
    import transformers

    return getattr(transformers, name)


def small_enough(
    spec: ModelSpec, class_name: str, trained: PreTrainedTokenizerBase | None
) -> PreTrainedConfig:
    """The config of the first level at which the model is small, counted without making its weights."""
    vocabulary = processors.vocabulary(trained)
    tried = []
    for level, fill in product(range(len(rules.LEVELS)), (False, True)):
        try:
            config = _config_of(class_name, tiny.tiny_config(spec, level, vocabulary, class_name, fill))
            count = parameter_count(_class(class_name), config)
        except Exception as error:  # whatever goes wrong at one level, the next may do
            tried.append(f"level {level}{' filled' * fill}: {type(error).__name__}: {error}")
            continue
        if count <= rules.PARAMETER_LIMIT:
            return config
        tried.append(f"level {level}: {count:,} parameters, more than {rules.PARAMETER_LIMIT:,}")
    raise TinyError(
        f"no tiny {class_name} ({'; '.join(tried)}); "
        f"correct the values with tiny.config in specs/overlays/{spec.model_type}.yaml"
    )


def _config_of(class_name: str, config: PreTrainedConfig) -> PreTrainedConfig:
    """The config itself, or its part that the class is made for: a text model of a composed type."""
    wanted = _class(class_name).config_class
    parts = (getattr(config, name, None) for name in config.sub_configs)
    part = next((part for part in parts if wanted and type(part) is wanted), None)
    return config if part is None or isinstance(config, wanted) else part


def parameter_count(model_class: type[PreTrainedModel], config: PreTrainedConfig) -> int:
    """How many parameters a model would have."""
    import torch

    with torch.device("meta"):
        return sum(p.numel() for p in model_class(config).parameters())


def _seeded(model_class: type[PreTrainedModel], config: PreTrainedConfig, seed: int) -> PreTrainedModel:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _with_open_gates(model_class(config).eval())
        _draw_codebooks(model)
        _route_tokens(model)
        return model


def _with_open_gates(model: PreTrainedModel) -> PreTrainedModel:
    """Training opens the gates that start at nothing, and would hide from an answer what they let in."""
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if re.fullmatch(rules.GATES, name) and not parameter.any():
                parameter.fill_(rules.OPEN)
            if re.fullmatch(rules.CLOSED_PROJECTIONS, name) and not parameter.any():
                parameter.normal_(std=rules.OPEN)
    return model


def _draw_codebooks(model: PreTrainedModel) -> None:
    """Codebooks are learned by counting: buffers, which start as zeros, and then no code means anything."""
    drawn = {name for name, _ in model.named_parameters()}
    for name, values in model.state_dict().items():
        if name not in drawn and values.ndim == 2 and values.is_floating_point() and not values.any():
            values.normal_()


def _route_tokens(model: PreTrainedModel) -> None:
    """Tables from tokens to experts come with checkpoints; of zeros, all would name one expert twice."""
    import torch

    for module in model.modules():
        table = getattr(module, rules.EXPERTS_OF_TOKENS, None)
        if table is not None:
            table.copy_(torch.rand(len(table), module.num_experts).argsort(-1)[:, : table.shape[1]])


def _settle_generation(
    model: PreTrainedModel, vocabulary: Vocabulary, given: Mapping[str, Any] | None = None
) -> None:
    """Answers begin, end and are padded with tokens of the tiny vocabulary; `given` comes last."""
    if not model.can_generate():
        return
    settings: dict[str, Any] = {"_from_model_config": False, "bos_token_id": vocabulary.roles.get("bos")}
    settings |= {f"{role}_token_id": vocabulary.role(role) for role in ("eos", "pad")}
    if model.config.is_encoder_decoder:
        settings["decoder_start_token_id"] = getattr(model.config, "decoder_start_token_id", None)
    model.generation_config.update(**settings)
    for name, value in tiny.resolve_tokens(given or {}, vocabulary).items():
        setattr(model.generation_config, name, value)


def _check_loading(class_name: str, folder: Path) -> None:
    """A checkpoint whose weights do not come back whole is no checkpoint.

    The general `from_pretrained` is asked: classes with one of their own may not expect to get two things.
    """
    from transformers import PreTrainedModel

    load = PreTrainedModel.from_pretrained.__func__
    _, info = load(_class(class_name), folder, output_loading_info=True)
    wrong = {kind: sorted(map(str, keys)) for kind, keys in info.items() if keys}
    if wrong:
        raise TinyError(f"{class_name} does not load what it saved: {wrong}")
