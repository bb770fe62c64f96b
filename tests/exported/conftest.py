"""Models and stores that tests of programs share."""

import pytest
import torch
import transformers
from exported_models import saved

from skillset_runtime.artifacts import Store


@pytest.fixture(autouse=True, scope="module")
def shared(tmp_path_factory):
    """Most tests ask for programs that an earlier one has made: an export takes seconds."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SKILLSET_ARTIFACTS", str(tmp_path_factory.mktemp("artifacts")))
        yield


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty store, for tests of exporting itself."""
    monkeypatch.setenv("SKILLSET_ARTIFACTS", str(tmp_path / "artifacts"))
    return Store()


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """A BERT whose classifier is outside of its encoder, and a folder with it."""
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=50,
        hidden_size=16,
        intermediate_size=32,
        num_attention_heads=2,
        num_hidden_layers=2,
        initializer_range=0.5,
    )
    return saved(transformers.BertForSequenceClassification(config), tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=50, n_embd=16, n_head=2, n_layer=2, initializer_range=0.5, eos_token_id=49, bos_token_id=49
    )
    return saved(transformers.GPT2LMHeadModel(config), tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    torch.manual_seed(0)
    config = transformers.T5Config(
        vocab_size=50,
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_heads=2,
        num_layers=2,
        initializer_factor=3.0,
        decoder_start_token_id=0,
    )
    return saved(transformers.T5ForConditionalGeneration(config), tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="module")
def mamba2(tmp_path_factory):
    """A model whose mixers read the weights of their convolutions without calling them."""
    torch.manual_seed(0)
    config = transformers.Mamba2Config(
        vocab_size=50, hidden_size=16, num_hidden_layers=2, num_heads=4, head_dim=8, state_size=8, n_groups=1,
        chunk_size=8,
    )  # fmt: skip
    return saved(transformers.Mamba2ForCausalLM(config), tmp_path_factory.mktemp("mamba2"))
