"""A tokenizer of a model type's own class, trained on our little corpus."""

from __future__ import annotations

import inspect
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.execution.corpus import SENTENCES
from generator.execution.pairs import Learned, learn
from generator.execution.tiny import merge

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase, TokenizersBackend

MERGES = 220
MAXIMUM_LENGTH = 128


def build(class_name: str, roles: Mapping[str, str], arguments: Mapping[str, Any]) -> PreTrainedTokenizerBase:
    """A trained tokenizer; `roles` names the special tokens that its model has beyond the class's own.

    `arguments` go to the class, after the general ones.
    """
    import transformers
    from transformers import TokenizersBackend

    tokenizer_class = getattr(transformers, class_name)
    general = {"model_max_length": MAXIMUM_LENGTH, **_few_sentinels(tokenizer_class), **_named(roles)}
    given = merge(general, arguments)
    if tokenizer_class is TokenizersBackend:
        return _byte_level(given)
    if issubclass(tokenizer_class, TokenizersBackend):
        return _trained(tokenizer_class, given)
    return _from_files(tokenizer_class, given)


def _few_sentinels(tokenizer_class: type) -> dict[str, int]:
    """A hundred sentinel tokens would be a fifth of the tiny vocabulary."""
    return {"extra_ids": 4} if "extra_ids" in inspect.signature(tokenizer_class.__init__).parameters else {}


def _named(roles: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Special tokens with a name, so that a processor finds `tokenizer.image_token`."""
    named = {f"{role}_token": text for role, text in sorted(roles.items())}
    return {"extra_special_tokens": named} if named else {}


def _byte_level(given: Mapping[str, Any]) -> TokenizersBackend:
    """For types that name no class: byte-level pairs, the commonest pipeline."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import TokenizersBackend

    tokens = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    pipeline = Tokenizer(models.BPE())
    pipeline.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pipeline.decoder = decoders.ByteLevel()
    special = list(tokens.values())
    learned = _learn(pipeline, special)
    pipeline.model = models.BPE(**_pairs(learned, special))
    begin = (tokens["bos_token"], learned.tokens.index(tokens["bos_token"]))
    pipeline.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[begin]
    )
    return TokenizersBackend(tokenizer_object=pipeline, **{**tokens, **given})


def _trained(tokenizer_class: type[TokenizersBackend], given: Mapping[str, Any]) -> TokenizersBackend:
    """Trains the pipeline that the class builds, then builds the class with what was learned."""
    untrained = tokenizer_class(**given)
    special = _special_tokens(untrained)
    pipeline = untrained.backend_tokenizer
    kind = json.loads(pipeline.to_str())["model"]["type"]
    return tokenizer_class(**_FORMS[kind](_learn(pipeline, special), special), **given)


def _special_tokens(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """The special tokens in the order of their ids, which some classes rely on."""
    vocabulary = tokenizer.get_vocab()
    special = {*tokenizer.all_special_tokens, *tokenizer.added_tokens_encoder}
    return sorted(special, key=lambda token: (vocabulary[token], token))


def _learn(pipeline: Tokenizer, special: list[str]) -> Learned:
    """Sub-words of the corpus, as the pipeline normalises and splits it."""
    from tokenizers import pre_tokenizers

    description = pipeline.to_str()
    model = json.loads(description)["model"]
    return learn(
        Counter(word for sentence in SENTENCES for word in _words(pipeline, sentence)),
        special,
        pre_tokenizers.ByteLevel.alphabet() if "ByteLevel" in description else (),
        MERGES,
        model.get("continuing_subword_prefix") or "",
        model.get("end_of_word_suffix") or "",
    )


def _words(pipeline: Tokenizer, sentence: str) -> list[str]:
    normal = pipeline.normalizer.normalize_str(sentence) if pipeline.normalizer else sentence
    if pipeline.pre_tokenizer is None:
        return [normal]
    return [word for word, _ in pipeline.pre_tokenizer.pre_tokenize_str(normal) if word]


def _numbered(tokens: Iterable[str]) -> dict[str, int]:
    return {token: number for number, token in enumerate(tokens)}


def _pairs(learned: Learned, special: list[str]) -> dict[str, Any]:
    return {"vocab": _numbered(learned.tokens), "merges": list(learned.merges)}


def _pieces(learned: Learned, special: list[str]) -> dict[str, Any]:
    return {"vocab": _numbered(learned.tokens)}


def _scores(learned: Learned, special: list[str]) -> dict[str, Any]:
    """For a unigram model: the earlier a piece was learned, the likelier it is."""
    return {
        "vocab": [
            (token, 0.0 if token in special else -4 - 0.01 * number)
            for number, token in enumerate(learned.tokens)
        ]
    }


_FORMS = {"BPE": _pairs, "WordPiece": _pieces, "WordLevel": _pieces, "Unigram": _scores}


def _from_files(tokenizer_class: type, given: Mapping[str, Any]) -> PreTrainedTokenizerBase:
    """Classes in plain Python read their vocabulary from files: characters in JSON, or words in lines."""
    with tempfile.TemporaryDirectory() as folder:
        return tokenizer_class(**_vocabulary_files(tokenizer_class, Path(folder)), **given)


def _vocabulary_files(tokenizer_class: type, folder: Path) -> dict[str, str]:
    written = {}
    for argument, name in tokenizer_class.vocab_files_names.items():
        text = _FILES.get(Path(name).suffix, lambda tokens: "")(_plain_tokens(tokenizer_class))
        path = folder / name
        path.write_text(text, encoding="utf-8")
        if argument in inspect.signature(tokenizer_class.__init__).parameters:
            written[argument] = str(path)
    return written


def _plain_tokens(tokenizer_class: type) -> list[str]:
    """The class's special tokens in their usual order, then the letters of the corpus."""
    parameters = inspect.signature(tokenizer_class.__init__).parameters
    defaults = [p.default for name, p in parameters.items() if name.endswith("_token") and p.default]
    special = [token for token in defaults if isinstance(token, str)]
    first = [t for t in ("<pad>", "<s>", "</s>", "<unk>") if t in special]
    letters = sorted({letter for text in SENTENCES for letter in text.upper() if letter.isascii() and letter.isalpha()})
    return list(dict.fromkeys([*first, *special, *letters, "'"]))


def _as_json(tokens: Iterable[str]) -> str:
    return json.dumps(_numbered(tokens), ensure_ascii=False)


_FILES = {".json": _as_json, ".txt": "\n".join}
