"""A tokenizer of mistral-common: one file in Tekken's form, with the bytes as its words."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CLASS = "MistralCommonBackend"
_STATED = ("version", "special_tokens", "audio")
# A word with the space before it, or what stands between words.
PATTERN = r"\s?[\p{L}\p{N}]+|\s?[^\s\p{L}\p{N}]+|\s+"


def build(arguments: Mapping[str, Any]) -> PreTrainedTokenizerBase:
    """The tokenizer, over a file of its own that lives as long as it does: saving copies that file.

    `arguments` are the file's `version`, `special_tokens` (text → id, beside the usual ones) and `audio`.
    """
    from transformers import MistralCommonBackend

    folder = Path(tempfile.mkdtemp())
    path = folder / "tekken.json"
    path.write_text(json.dumps(_description(**{name: arguments[name] for name in _STATED})), encoding="utf-8")
    built = MistralCommonBackend(path)
    weakref.finalize(built, shutil.rmtree, folder, ignore_errors=True)
    return built


def _description(version: str, special_tokens: Mapping[str, int], audio: Mapping[str, Any]) -> dict[str, Any]:
    special = _special(special_tokens)
    return {
        "config": {
            "pattern": PATTERN,
            "num_vocab_tokens": 256,
            "default_vocab_size": 256 + len(special),
            "default_num_special_tokens": len(special),
            "version": version,
        },
        "vocab": [_byte(number) for number in range(256)],
        "special_tokens": special,
        "audio": dict(audio),
    }


def _byte(number: int) -> dict[str, Any]:
    value = bytes([number])
    text = value.decode("utf-8", errors="replace")
    return {"rank": number, "token_bytes": base64.b64encode(value).decode(), "token_str": text}


def _special(own: Mapping[str, int]) -> list[dict[str, Any]]:
    """The usual control tokens, those of the type at their ids, and fillers between them."""
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    texts = {token["rank"]: str(token["token_str"].value) for token in Tekkenizer.DEPRECATED_SPECIAL_TOKENS}
    texts |= {rank: text for text, rank in own.items()}
    return [
        {"rank": rank, "token_str": texts.get(rank, f"<SPECIAL_{rank}>"), "is_control": True}
        for rank in range(max(texts) + 1)
    ]
