"""Loading a checkpoint, from a folder or the Hugging Face Hub, into a model and its processor."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from skillset_runtime.errors import SkillsetError

_SHOWN_WEIGHTS = 3
_UNLIMITED = 100_000
"""A tokenizer that was saved without a limit has one beyond any model's."""


def load_model(
    transformers: Any,
    class_name: str,
    checkpoint: str,
    dtype: Any,
    unread: Iterable[str] = (),
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """The model of a checkpoint, its weights as `dtype`; `options` are more arguments of `from_pretrained`.

    Raises `SkillsetError` if the checkpoint lacks weights, which transformers would draw at random;
    `unread` names the modules whose weights no answer depends on.
    """
    model, loaded = _loaded(transformers, class_name, checkpoint, {"dtype": dtype, **options})
    absent = {*loaded["missing_keys"], *(key for key, *_ in loaded["mismatched_keys"])}
    lacking = sorted(key for key in absent if not set(key.split(".")).intersection(unread))
    if lacking:
        shown = ", ".join(lacking[:_SHOWN_WEIGHTS]) + (", …" if len(lacking) > _SHOWN_WEIGHTS else "")
        raise SkillsetError(
            f"{checkpoint!r} has no weights for {len(lacking)} parts of {class_name} ({shown}); "
            "give a checkpoint that was trained for this task"
        )
    return model


def _loaded(
    transformers: Any, class_name: str, checkpoint: str, options: Mapping[str, Any]
) -> tuple[Any, Mapping[str, Any]]:
    """A model, and what transformers says of how its loading went.

    A class with a `from_pretrained` of its own may not expect to get both: the general one is asked what was
    missing, and its model let go, before the class's own loads.
    """
    found = getattr(transformers, class_name, None)
    general = getattr(getattr(transformers, "PreTrainedModel", None), "from_pretrained", None)
    info = {**options, "output_loading_info": True}
    own = isinstance(found, type) and issubclass(found, getattr(general, "__self__", ()))
    if not own or found.from_pretrained.__func__ is general.__func__:
        return _from_pretrained(transformers, class_name, checkpoint, info)
    loaded = _attempted(lambda: general.__func__(found, checkpoint, **info), class_name, checkpoint)[1]
    return _from_pretrained(transformers, class_name, checkpoint, options), loaded


def load_processor(transformers: Any, class_name: str, checkpoint: str, options: Mapping[str, Any]) -> Any:
    """The tokenizer, image processor, feature extractor or composed processor of a checkpoint."""
    return _from_pretrained(transformers, class_name, checkpoint, options)


def identity(checkpoint: Any) -> tuple[Any, ...]:
    """What tells a checkpoint from others: a name, or a folder with the sizes and times of its files."""
    folder = _folder(checkpoint)
    if folder is None:
        return (checkpoint,)
    stats = ((file.name, file.stat()) for file in sorted(folder.iterdir()) if file.is_file())
    return (str(folder.resolve()), *((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats))


def digest(checkpoint: str) -> str:
    """A digest of the files of a checkpoint folder."""
    folder = _folder(checkpoint)
    if folder is None:
        raise SkillsetError(f"{checkpoint!r} is no folder whose content could be told")
    content = hashlib.sha256()
    for file in sorted(file for file in folder.iterdir() if file.is_file()):
        with file.open("rb") as opened:
            content.update(f"{file.name} {hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode())
    return content.hexdigest()


def weight_bytes(checkpoint: Any, width: int) -> int:
    """The bytes that a folder's weights take at `width` bytes each, read off its safetensors headers; else 0.

    A header is its length, 8 bytes little-endian, and then JSON: https://huggingface.co/docs/safetensors.
    """
    folder = _folder(checkpoint)
    headers = map(_header, folder.glob("*.safetensors")) if folder else ()
    shapes = (each["shape"] for header in headers for name, each in header.items() if name != "__metadata__")
    return width * sum(map(math.prod, shapes))


def _header(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            return json.loads(opened.read(int.from_bytes(opened.read(8), "little")))
    except (ValueError, OSError):  # a broken file is refused when it is loaded, with its name
        return {}


def _folder(checkpoint: Any) -> Path | None:
    path = Path(checkpoint).expanduser() if isinstance(checkpoint, str) else None
    return path if path and path.is_dir() else None


def prepare(model: Any, processor: Any, options: Mapping[str, Any]) -> None:
    """Make a tokenizer and a model fit each other, whether they were loaded here or by the host."""
    tokenizer = getattr(processor, "tokenizer", processor)
    if not hasattr(tokenizer, "pad_token"):
        return
    if tokenizer.pad_token is None:
        # Decoders are often trained without padding; any token will do where the mask hides it.
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    tokenizer.padding_side = options.get("padding_side", tokenizer.padding_side)
    for config in (model.config, getattr(model.config, "text_config", None)):
        if config is not None and getattr(config, "pad_token_id", None) is None:
            config.pad_token_id = tokenizer.pad_token_id
    limit = positions(model)
    if limit is not None and tokenizer.model_max_length > _UNLIMITED:
        tokenizer.model_max_length = limit


def positions(model: Any) -> int | None:
    """How many tokens a model has places for; None if it is not limited in this way."""
    try:
        config = model.config.get_text_config()
    except ValueError:  # several parts read texts, and none of them speaks for the model
        return None
    limit = getattr(config, "max_position_embeddings", None)
    return limit if isinstance(limit, int) and limit > 0 else None  # XLNet says -1


def _from_pretrained(transformers: Any, class_name: str, checkpoint: str, options: Mapping[str, Any]) -> Any:
    found = getattr(transformers, class_name, None)
    if found is None:
        raise SkillsetError(
            f"transformers {transformers.__version__} has no {class_name}; "
            "install a version that has it, or regenerate the skillset for this version"
        )
    _check_name(checkpoint)
    return _attempted(lambda: found.from_pretrained(checkpoint, **options), class_name, checkpoint)


def _attempted(load: Callable[[], Any], class_name: str, checkpoint: str) -> Any:
    """What a load gives; whatever it raises becomes an error that says what to do."""
    try:
        return load()
    except ImportError as error:
        raise SkillsetError(
            f"{class_name} cannot load {checkpoint!r}: {error}; install what is missing"
        ) from error
    except Exception as error:  # whatever a checkpoint's files make transformers raise
        raise SkillsetError(
            f"{class_name} cannot load {checkpoint!r}: {error}; "
            "give a checkpoint folder of this model type, or a Hub name that can be reached from here"
        ) from error


def _check_name(checkpoint: Any) -> None:
    """Refuse what can be no checkpoint before anything is asked of the network."""
    if not isinstance(checkpoint, str) or not checkpoint:
        raise SkillsetError(f"a checkpoint is a folder or a Hub name, not {checkpoint!r}")
    if checkpoint.startswith(("/", "./", "../", "~")) and not Path(checkpoint).expanduser().is_dir():
        raise SkillsetError(f"checkpoint folder {checkpoint!r} does not exist")
