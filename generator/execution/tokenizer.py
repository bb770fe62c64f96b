"""A tokenizer of a model type's own class, trained on our little corpus."""

from __future__ import annotations

import inspect
import io
import json
import string
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.execution import tekken
from generator.execution.corpus import SENTENCES
from generator.execution.pairs import Affixes, Learned, learn
from generator.execution.tiny import merge

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase, TokenizersBackend

MERGES = 220
MAXIMUM_LENGTH = 128
_SIGNS = string.ascii_letters + string.digits + ".,!?'"
_SENTENCEPIECE = (".model", ".spm")


def build(
    class_name: str,
    roles: Mapping[str, str],
    arguments: Mapping[str, Any],
    texts: Sequence[str] = (),
    positions: int = MAXIMUM_LENGTH,
) -> PreTrainedTokenizerBase:
    """A trained tokenizer; `roles` names the special tokens that its model has beyond the class's own.

    `texts` are special tokens without a name, and `positions` how many tokens the model takes.
    `arguments` go to the class, after the general ones.
    """
    import transformers

    if class_name == tekken.CLASS:
        return tekken.build(arguments)
    tokenizer_class = getattr(transformers, class_name)
    general = {
        "model_max_length": min(MAXIMUM_LENGTH, positions),
        **_few_sentinels(tokenizer_class),
        **_named(tokenizer_class, roles),
    }
    given = merge(general, arguments)
    named = given.get("extra_special_tokens", {})
    if isinstance(named, Mapping):  # an overlay's null leaves a token without a name
        given["extra_special_tokens"] = {name: text for name, text in named.items() if text is not None}
    trained = _build(tokenizer_class, given)
    unknown = [text for text in texts if text not in trained.get_vocab()]
    trained.add_tokens(unknown, special_tokens=True)
    return trained


def _build(tokenizer_class: type, given: Mapping[str, Any]) -> PreTrainedTokenizerBase:
    from transformers import TokenizersBackend

    if issubclass(tokenizer_class, TokenizersBackend) and not _takes(tokenizer_class, "vocab"):
        brings_its_own = "__init__" in vars(tokenizer_class) and tokenizer_class is not TokenizersBackend
        return tokenizer_class(**given) if brings_its_own else _byte_level(tokenizer_class, given)
    if issubclass(tokenizer_class, TokenizersBackend):
        return _trained(tokenizer_class, given)
    return _from_files(tokenizer_class, given)


def _few_sentinels(tokenizer_class: type) -> dict[str, int]:
    """A hundred sentinel tokens would be a fifth of the tiny vocabulary."""
    return {"extra_ids": 4} if _takes(tokenizer_class, "extra_ids") else {}


def _named(tokenizer_class: type, roles: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Special tokens with a name, so that a processor finds `tokenizer.image_token`."""
    own = set(tokenizer_class.SPECIAL_TOKENS_ATTRIBUTES)
    named = {f"{role}_token": text for role, text in sorted(roles.items())}
    named = {name: text for name, text in named.items() if name not in own}
    return {"extra_special_tokens": named} if named else {}


def _takes(tokenizer_class: type, argument: str) -> bool:
    return argument in inspect.signature(tokenizer_class.__init__).parameters


def _byte_level(tokenizer_class: type[TokenizersBackend], given: Mapping[str, Any]) -> TokenizersBackend:
    """For classes that bring no pipeline of their own: byte-level pairs, the commonest."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

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
    return tokenizer_class(tokenizer_object=pipeline, **{**tokens, **given})


def _trained(tokenizer_class: type[TokenizersBackend], given: Mapping[str, Any]) -> TokenizersBackend:
    """Trains the pipeline that the class builds, then builds the class with what was learned."""
    untrained = _untrained(tokenizer_class, given)
    special = _special_tokens(untrained)
    special.sort(key=lambda token: token != given.get("pad_token"))  # one that is given is number 0
    pipeline = untrained.backend_tokenizer
    return tokenizer_class(**_FORMS[_model(pipeline)["type"]](_learn(pipeline, special), special), **given)


def _untrained(tokenizer_class: type[TokenizersBackend], given: Mapping[str, Any]) -> TokenizersBackend:
    """The class without a vocabulary, or, where it does not do without, with its special tokens alone."""
    tokens = _default_tokens(tokenizer_class)
    try:
        untrained = tokenizer_class(**given)
    except ValueError:
        return tokenizer_class(vocab=[(token, 0.0) for token in tokens], **given)
    if _description(untrained.backend_tokenizer) is None:  # what is in Python may look into the vocabulary
        return tokenizer_class(vocab=_numbered(tokens), **given)
    return untrained


def _special_tokens(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """The special tokens in the order of their ids, which some classes rely on."""
    vocabulary = tokenizer.get_vocab()
    special = {*tokenizer.all_special_tokens, *tokenizer.added_tokens_encoder}
    return sorted(special, key=lambda token: (vocabulary[token], token))


def _learn(pipeline: Tokenizer, special: list[str]) -> Learned:
    """Sub-words of the corpus, as the pipeline normalises and splits it."""
    from tokenizers import pre_tokenizers

    model = _model(pipeline)
    return learn(
        Counter(word for sentence in SENTENCES for word in _words(pipeline, sentence)),
        special,
        pre_tokenizers.ByteLevel.alphabet() if "ByteLevel" in (_description(pipeline) or "") else (),
        MERGES,
        Affixes(model.get("continuing_subword_prefix") or "", model.get("end_of_word_suffix") or ""),
    )


def _description(pipeline: Tokenizer) -> str | None:
    """What a pipeline is made of, as JSON; one with a part in Python has no description."""
    try:
        return pipeline.to_str()
    except Exception:  # the bindings raise nothing more special
        return None


def _model(pipeline: Tokenizer) -> Mapping[str, Any]:
    """What is known of a pipeline's model, the part that is trained."""
    from tokenizers import Tokenizer

    return json.loads(Tokenizer(pipeline.model).to_str())["model"]


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
    """Classes in plain Python read their vocabulary from files, each in a form that its ending tells."""
    tokens = _plain_tokens(tokenizer_class)
    with tempfile.TemporaryDirectory() as folder:
        names = tokenizer_class.vocab_files_names
        paths = {argument: Path(folder) / name for argument, name in names.items()}
        for argument, path in paths.items():
            write = _FILES.get(path.name) or _FILES.get(path.suffix, _as_lines)
            path.write_bytes(write(() if "merges" in argument else tokens))
        taken = {argument: str(path) for argument, path in paths.items() if _takes(tokenizer_class, argument)}
        return tokenizer_class(**taken, **given)


def _plain_tokens(tokenizer_class: type) -> tuple[str, ...]:
    """The class's special tokens in their usual order, then the pieces that it cuts a text into."""
    return tuple(dict.fromkeys([*_default_tokens(tokenizer_class), *_plain_pieces(tokenizer_class)]))


def _plain_pieces(tokenizer_class: type) -> Iterable[str]:
    """What a class without any merges makes of our texts: letters, each in the forms that a word gives it."""
    names = tokenizer_class.vocab_files_names
    if any(Path(name).suffix in _SENTENCEPIECE for name in names.values()):
        return _sentencepieces()
    if any("merges" in argument for argument in names):  # a mark at the end of a word, or everywhere else
        return [form.format(sign) for sign in _SIGNS for form in ("{}", "{}</w>", "{}@@")]
    if _takes(tokenizer_class, "do_basic_tokenize"):
        return [form.format(sign) for sign in _SIGNS for form in ("{}", "##{}")]
    return (*string.ascii_uppercase, "'")


def _default_tokens(tokenizer_class: type) -> tuple[str, ...]:
    """The special tokens that a class has by default, in their usual order."""
    parameters = inspect.signature(tokenizer_class.__init__).parameters
    defaults = [p.default for name, p in parameters.items() if name.endswith("_token") and p.default]
    special = [token for token in defaults if isinstance(token, str)]
    first = [t for t in ("<pad>", "[PAD]", "<s>", "</s>", "<unk>") if t in special]
    return tuple(dict.fromkeys([*first, *special]))


def _as_json(tokens: Iterable[str]) -> bytes:
    return json.dumps(_numbered(tokens), ensure_ascii=False).encode()


def _as_lines(tokens: Iterable[str]) -> bytes:
    return "\n".join(tokens).encode()


def _as_sentencepiece(tokens: Iterable[str]) -> bytes:
    """A model file of pairs learned from the corpus, with the usual special pieces first."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_writer=model, model_type="bpe", vocab_size=2 * MERGES,
        hard_vocab_limit=False, num_threads=1, minloglevel=2, pad_id=0, bos_id=1, eos_id=2, unk_id=3,
    )  # fmt: skip
    return model.getvalue()


def _sentencepieces() -> Iterable[str]:
    """The pieces of such a model, which a vocabulary beside it numbers."""
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_proto=_as_sentencepiece(()))
    return [model.id_to_piece(number) for number in range(model.get_piece_size())]


def _no_emoji(tokens: Iterable[str]) -> bytes:
    return json.dumps({"emoji": {}, "emoji_inv": {}}).encode()


_FILES = {"emoji.json": _no_emoji, ".json": _as_json, ".model": _as_sentencepiece, ".spm": _as_sentencepiece}
