"""Models that write, run as programs: the prompt, each token after it, and caches that both read."""

import pytest
import torch
import transformers
from exported_models import ENGINES, ids, opened, programs, reference, saved

from skillset_runtime import exported
from skillset_runtime.errors import SkillsetError

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_the_models_own_generate_drives_prefill_and_decoding(gpt2, engine, device):
    model, wanted = opened(gpt2, engine, device), reference(gpt2)
    options = {"max_new_tokens": 12, "do_sample": False, "pad_token_id": 0}
    model.generate(**ids(2, 4), **options)
    exported.settle(model)
    left = ids(2, 6, seed=4)
    left["attention_mask"][0, :3] = 0
    for inputs in (ids(2, 4), left, ids(1, 7, seed=2), ids(3, 5, seed=3)):
        assert model.generate(**inputs, **options).tolist() == wanted.generate(**inputs, **options).tolist()
    assert len(programs(model).opened) == 2


_SMALL = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "num_hidden_layers": 2,
    "sliding_window": 6,
    "initializer_range": 0.5,
}


_SLIDING = {
    "mistral": lambda: transformers.MistralForCausalLM(
        transformers.MistralConfig(**_SMALL, intermediate_size=32)
    ),
    # Its layers keep the states of convolutions beside the tokens in the window.
    "zaya": lambda: transformers.ZayaForCausalLM(
        transformers.ZayaConfig(
            **_SMALL,
            head_dim=8,
            layer_types=["hybrid", "hybrid_sliding"],
            moe_intermediate_size=16,
            num_experts=2,
            router_hidden_size=8,
        )
    ),
}


@pytest.fixture(scope="module", params=_SLIDING)
def sliding(request, tmp_path_factory):
    """A model with a sliding window of six tokens."""
    torch.manual_seed(0)
    return saved(_SLIDING[request.param](), tmp_path_factory.mktemp(request.param))


def test_a_cache_with_a_sliding_window_is_driven_past_its_window(sliding):
    model, wanted = opened(sliding), reference(sliding)
    options = {"max_new_tokens": 12, "do_sample": False, "pad_token_id": 0}
    model.generate(**ids(2, 4), **options)
    exported.settle(model)
    for inputs in (ids(2, 4), ids(1, 9, seed=2)):
        assert model.generate(**inputs, **options).tolist() == wanted.generate(**inputs, **options).tolist()


def test_a_cache_that_torch_fills_past_its_window_is_read_by_programs(sliding, store, monkeypatch):
    export = exported.exporting.export

    def refuse_prompts(engine, module, given, *rest):
        if given["input_ids"].shape[1] > 1:
            raise ValueError("no prompts")
        return export(engine, module, given, *rest)

    monkeypatch.setattr(exported.exporting, "export", refuse_prompts)
    model, wanted = opened(sliding), reference(sliding)
    options = {"max_new_tokens": 9, "do_sample": False, "pad_token_id": 0}
    for inputs in (ids(2, 9), ids(1, 8, seed=2)):
        assert model.generate(**inputs, **options).tolist() == wanted.generate(**inputs, **options).tolist()
    failures = {kept.failure for kept in programs(model).kept if not kept.part}
    assert failures == {None, "ValueError: no prompts"}


def test_a_decoder_that_counts_by_its_cache_alone_is_driven_past_its_window(tmp_path):
    torch.manual_seed(0)
    sizes = {
        "vocab_size": 50,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "num_hidden_layers": 2,
        "head_dim": 8,
        "sliding_window": 4,
        "initializer_range": 0.5,
    }
    config = transformers.T5GemmaConfig(encoder=sizes, decoder=sizes, initializer_range=0.5)
    t5gemma = saved(transformers.T5GemmaForConditionalGeneration(config), tmp_path / "t5gemma")
    model, wanted = opened(t5gemma), reference(t5gemma)
    options = {"max_new_tokens": 9, "min_new_tokens": 9, "do_sample": False}
    for inputs in (ids(2, 7), ids(1, 5, seed=2)):
        assert model.generate(**inputs, **options).tolist() == wanted.generate(**inputs, **options).tolist()
    assert "" in {kept.part for kept in programs(model).kept if not kept.failure}


def test_an_encoder_and_its_decoder_run_as_programs(t5):
    model, wanted = opened(t5), reference(t5)
    options = {"max_new_tokens": 8, "do_sample": False}
    model.generate(**ids(2, 4), **options)
    exported.settle(model)
    for inputs in (ids(2, 4), ids(1, 6, seed=2)):
        assert model.generate(**inputs, **options).tolist() == wanted.generate(**inputs, **options).tolist()
    assert exported.ran(model) == ("encoder", "model")


def test_positions_that_cannot_be_counted_are_left_to_torch(tmp_path):
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1}
    rope = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
    config = transformers.Qwen2VLConfig(
        text_config={**sizes, "vocab_size": 50, "num_hidden_layers": 1, "rope_parameters": rope},
        vision_config={"depth": 1, "embed_dim": 16, "hidden_size": 16, "num_heads": 2, "mlp_ratio": 2},
    )
    qwen = saved(transformers.Qwen2VLModel(config), tmp_path / "qwen")
    model, wanted = opened(qwen), reference(qwen)
    with torch.inference_mode():
        for given in ({"inputs_embeds": torch.randn(2, 5, 16)}, ids(2, 5)):
            found, expected = model(**given).last_hidden_state, wanted(**given).last_hidden_state
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_a_cache_of_one_token_is_read_by_a_program_though_weights_are_back(gpt2):
    model, wanted = opened(gpt2), reference(gpt2)
    options = {"max_new_tokens": 4, "do_sample": False, "pad_token_id": 49}
    model.generate(**ids(2, 5), **options)
    exported.settle(model)
    assert model.transformer.h[0].mlp.c_fc.weight.numel()
    assert model.generate(**ids(1, 1), **options).tolist() == wanted.generate(**ids(1, 1), **options).tolist()


def test_a_cache_that_a_model_does_not_give_back_keeps_it_in_torch(tmp_path):
    torch.manual_seed(0)
    config = transformers.BertGenerationConfig(
        vocab_size=50, hidden_size=16, intermediate_size=32, num_attention_heads=2, num_hidden_layers=2,
        initializer_range=0.5, is_decoder=False,
    )  # fmt: skip
    bert = saved(transformers.BertGenerationDecoder(config), tmp_path / "bert")
    model, wanted = opened(bert), reference(bert)
    options = {"max_new_tokens": 6, "do_sample": False, "use_cache": True, "eos_token_id": None}
    assert model.generate(**ids(2, 5), **options).tolist() == wanted.generate(**ids(2, 5), **options).tolist()
    with pytest.raises(SkillsetError, match="writes into past_key_values and does not give it back"):
        exported.settle(model)
