"""Trained tokenizers: their own class, every letter of the corpus, the same vocabulary every time."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from generator.execution import tokenizer
from generator.execution.corpus import SENTENCES
from generator.execution.pairs import Affixes, learn
from skillset_runtime.samples import TEXT

CLASSES = ("BertTokenizer", "GPT2Tokenizer", "T5Tokenizer", "CLIPTokenizer", "TokenizersBackend")


@pytest.fixture(scope="module", params=CLASSES)
def trained(request):
    return tokenizer.build(request.param, {"image": "<image>"}, {})


def test_text_comes_back(trained):
    text = TEXT
    back = trained.decode(trained(text)["input_ids"], skip_special_tokens=True)
    assert back.replace(" ", "").lower() == text.replace(" ", "").lower()


@pytest.mark.parametrize("sentence", SENTENCES[::7])
def test_no_letter_of_the_corpus_is_unknown(trained, sentence):
    assert trained.unk_token not in trained.tokenize(sentence)


def test_a_named_token_is_one_id(trained):
    assert trained.encode("<image>", add_special_tokens=False) == [trained.image_token_id]


def test_saved_and_loaded_it_is_the_same(trained, tmp_path):
    trained.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    for text in (f"{TEXT} {TEXT}", "<image> what is it?"):
        assert loaded(text)["input_ids"] == trained(text)["input_ids"]
    assert type(loaded) is type(trained)
    assert len(loaded) == len(trained)


def test_training_twice_gives_the_same(trained):
    again = tokenizer.build(type(trained).__name__, {"image": "<image>"}, {})
    assert again.get_vocab() == trained.get_vocab()


def test_letters_for_speech_are_read_from_a_file():
    letters = tokenizer.build("Wav2Vec2CTCTokenizer", {}, {})
    assert letters.pad_token_id == 0, "padding is the blank of CTC"
    assert letters.decode(letters("A CAT")["input_ids"]) == "A CAT"


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text("abcd", min_size=1, max_size=6), st.integers(1, 9), min_size=1),
    st.sampled_from([Affixes(), Affixes(prefix="##"), Affixes(suffix="</w>")]),
)
def test_what_is_learned_does_not_depend_on_the_order_of_words(counts, affixes):
    words = Counter(counts)
    shuffled = Counter(dict(reversed(list(counts.items()))))
    learned = [learn(w, ["<pad>"], "xyz", 5, affixes) for w in (words, shuffled)]
    assert learned[0] == learned[1]
    assert len(set(learned[0].tokens)) == len(learned[0].tokens)
    assert learned[0].tokens[0] == "<pad>"
    assert all(first in learned[0].tokens for pair in learned[0].merges for first in pair)


@pytest.mark.parametrize("class_name", ["CTRLTokenizer", "ProphetNetTokenizer", "M2M100Tokenizer"])
def test_a_tokenizer_in_plain_python_knows_the_letters_of_a_text(class_name):
    plain = tokenizer.build(class_name, {}, {})
    assert plain.unk_token not in plain.tokenize("The old bridge, said Anna!")


def test_padding_is_the_first_token_of_a_tokenizer_in_plain_python():
    assert tokenizer.build("ProphetNetTokenizer", {}, {}).pad_token_id == 0


def test_a_part_in_python_does_not_hinder_training():
    pytest.importorskip("rjieba")
    trained = tokenizer.build("RoFormerTokenizer", {}, {})
    assert trained.unk_token not in trained.tokenize(TEXT)
