"""Models whose forwards run on OpenVINO and ONNX Runtime: equal to torch, kept on disk, safe when broken."""

import json
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import transformers

from skillset_runtime import calls, exported, verifying
from skillset_runtime.artifacts import Store, size
from skillset_runtime.errors import SkillsetError
from skillset_runtime.resources import Resources

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")

ENGINES = [("openvino", "CPU"), ("onnx", "CPUExecutionProvider")]


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


def saved(model, folder):
    model.save_pretrained(folder)
    return type(model), str(folder)


def opened(source, engine="openvino", device="CPU"):
    model_class, folder = source
    return exported.load(
        Resources(), lambda: model_class.from_pretrained(folder).eval(), folder, engine, device, "float32"
    )


def reference(source):
    return source[0].from_pretrained(source[1]).eval()


def programs(model):
    return model._exported_parts.programs


def ids(batch, length, seed=1):
    torch.manual_seed(seed)
    return {
        "input_ids": torch.randint(1, 49, (batch, length)),
        "attention_mask": torch.ones(batch, length).long(),
    }


def padded(batch, length):
    inputs = ids(batch, length)
    inputs["attention_mask"][0, length // 2 :] = 0
    return inputs


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_a_program_answers_as_torch_does_at_any_size(bert, engine, device):
    model, wanted = opened(bert, engine, device), reference(bert)
    with torch.inference_mode():
        model(**ids(2, 5))
        exported.settle(model)
        for inputs in (ids(2, 5), ids(1, 3), ids(5, 9), padded(3, 8)):
            torch.testing.assert_close(model(**inputs).logits, wanted(**inputs).logits, atol=1e-4, rtol=1e-4)
    assert exported.ran(model) == ("model",)
    assert len(programs(model).opened) == 1


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


@pytest.fixture(scope="module")
def mamba2(tmp_path_factory):
    """A model whose mixers read the weights of their convolutions without calling them."""
    torch.manual_seed(0)
    config = transformers.Mamba2Config(
        vocab_size=50, hidden_size=16, num_hidden_layers=2, num_heads=4, head_dim=8, state_size=8, n_groups=1,
        chunk_size=8,
    )  # fmt: skip
    return saved(transformers.Mamba2ForCausalLM(config), tmp_path_factory.mktemp("mamba2"))


def test_where_a_model_goes_another_way_it_has_another_program(mamba2):
    """For fewer tokens than fill the states of its convolution; for one chunk or more of them."""
    model, wanted = opened(mamba2), reference(mamba2)
    for length in (5, 2, 9, 12):
        inputs, options = ids(2, length), {"max_new_tokens": 3, "do_sample": False, "use_cache": True}
        assert model.generate(**inputs, **options).tolist() == wanted.generate(**inputs, **options).tolist()
    prompts = [kept for kept in programs(model).kept if len(kept.form.tensors) == 1]
    assert [kept.failure for kept in prompts] == [None] * 3


def test_where_windows_of_tokens_are_more_it_has_another_program(tmp_path):
    torch.manual_seed(0)
    config = transformers.LongT5Config(
        vocab_size=50,
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_heads=2,
        num_layers=1,
        local_radius=4,  # of tokens, that are padded to a multiple of five
        initializer_factor=3.0,
        decoder_start_token_id=0,
    )
    longt5 = saved(transformers.LongT5ForConditionalGeneration(config), tmp_path / "longt5")
    model, wanted = opened(longt5), reference(longt5)
    with torch.inference_mode():
        for length in (4, 3, 13, 20):
            found = model.get_encoder()(**ids(2, length)).last_hidden_state
            expected = wanted.get_encoder()(**ids(2, length)).last_hidden_state
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    encoders = [kept for kept in programs(model).kept if kept.part == "encoder" and not kept.failure]
    assert [kept.form.takes(calls.form(ids(2, 3))) for kept in encoders] == [True, False, False]


def test_weights_that_were_let_go_are_back_where_torch_goes_on(mamba2, monkeypatch):
    model, wanted = opened(mamba2), reference(mamba2)
    with torch.inference_mode():
        model(**ids(2, 9))
        exported.settle(model)
        weight = next(model.backbone.layers[0].mixer.conv1d.parameters())
        assert not weight.numel()
        monkeypatch.setattr(exported.exporting, "export", lambda *given: 1 / 0)
        inputs = ids(2, 2)
        torch.testing.assert_close(model(**inputs).logits, wanted(**inputs).logits)
        assert weight.numel()


def test_an_encoder_and_its_decoder_run_as_programs(t5):
    model, wanted = opened(t5), reference(t5)
    options = {"max_new_tokens": 8, "do_sample": False}
    model.generate(**ids(2, 4), **options)
    exported.settle(model)
    for inputs in (ids(2, 4), ids(1, 6, seed=2)):
        assert model.generate(**inputs, **options).tolist() == wanted.generate(**inputs, **options).tolist()
    assert exported.ran(model) == ("encoder", "model")


def test_weights_that_programs_hold_are_let_go(bert):
    model = opened(bert)
    before = sum(parameter.nbytes for parameter in model.parameters())
    with torch.inference_mode():
        model(**ids(2, 5))
    exported.settle(model)
    assert sum(parameter.nbytes for parameter in model.parameters()) < before / 10


def test_a_call_of_another_kind_is_exported_when_it_comes(bert):
    model, wanted = opened(bert), reference(bert)
    embeds = torch.randn(2, 4, 16)
    with torch.inference_mode():
        model(**ids(2, 5))
        exported.settle(model)
        found, expected = model(inputs_embeds=embeds).logits, wanted(inputs_embeds=embeds).logits
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


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


def test_what_no_program_takes_is_computed_with_weights_loaded_again(bert):
    model, wanted = opened(bert), reference(bert)
    hidden = torch.randn(2, 16)
    with torch.inference_mode():
        model(**ids(2, 5))
        exported.settle(model)
        torch.testing.assert_close(model.classifier(hidden), wanted.classifier(hidden))


def test_a_cache_of_one_token_is_read_by_a_program_though_weights_are_back(gpt2):
    model, wanted = opened(gpt2), reference(gpt2)
    options = {"max_new_tokens": 4, "do_sample": False, "pad_token_id": 49}
    model.generate(**ids(2, 5), **options)
    exported.settle(model)
    assert model.transformer.h[0].mlp.c_fc.weight.numel()
    assert model.generate(**ids(1, 1), **options).tolist() == wanted.generate(**ids(1, 1), **options).tolist()


def test_threads_that_read_a_weight_at_once_wait_until_it_is_back(bert, monkeypatch):
    model, hidden = opened(bert), torch.randn(2, 16)
    with torch.inference_mode():
        model(**ids(2, 5))
        exported.settle(model)
        layer = model.bert.encoder.layer[0].attention.output.dense
        parts, slowly = model._exported_parts, threading.Event()
        source = parts._source
        monkeypatch.setattr(parts, "_source", lambda: slowly.wait(0.5) or source())
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: layer(hidden), range(4)))
        wanted = reference(bert).bert.encoder.layer[0].attention.output.dense(hidden)
    for answer in answers:
        torch.testing.assert_close(answer, wanted)


def test_the_second_load_exports_nothing(bert, store, monkeypatch):
    with torch.inference_mode():
        opened(bert)(**ids(2, 5))
        before = [path.stat().st_mtime_ns for path in (store.root).rglob("*.xml")]
        monkeypatch.setattr(exported.exporting, "export", lambda *_: pytest.fail("exported again"))
        model = opened(bert)
        model(**ids(2, 5))
    exported.settle(model)
    assert before == [path.stat().st_mtime_ns for path in (store.root).rglob("*.xml")]


def test_another_checkpoint_has_other_programs(bert, tmp_path, store):
    other = saved(reference(bert), tmp_path / "other")
    changed = reference(bert)
    changed.classifier.bias.data += 1
    different = saved(changed, tmp_path / "changed")
    with torch.inference_mode():
        for source in (bert, other):
            opened(source)(**ids(2, 5))
        same = len(store.all())
        found = opened(different)(**ids(2, 5)).logits
        torch.testing.assert_close(found, changed(**ids(2, 5)).logits, atol=1e-4, rtol=1e-4)
    assert (same, len(store.all())) == (1, 2)


@pytest.mark.parametrize("broken", ["part.json", "openvino_model.xml", "openvino_model.bin", "export.json"])
def test_a_broken_artifact_is_made_anew(bert, tmp_path, monkeypatch, broken):
    with torch.inference_mode():
        opened(bert)(**ids(2, 5))
        shutil.copytree(Store().root, tmp_path / "copy")
        monkeypatch.setenv("SKILLSET_ARTIFACTS", str(tmp_path / "copy"))
        files = list(Store().root.rglob(broken))
        assert files
        for file in files:
            file.write_bytes(b"broken")
        model = opened(bert)
        torch.testing.assert_close(
            model(**ids(2, 5)).logits, reference(bert)(**ids(2, 5)).logits, atol=1e-4, rtol=1e-4
        )
    assert exported.ran(model) == ("model",)


def refuse_export(monkeypatch, kind):
    """Have modules of a class not be exported."""
    export = exported.exporting.export

    def refusing(engine, module, *rest):
        if isinstance(module, kind):
            raise ValueError("no such operator\nand a long story")
        return export(engine, module, *rest)

    monkeypatch.setattr(exported.exporting, "export", refusing)


def test_where_the_whole_cannot_be_exported_its_parts_are(bert, store, monkeypatch):
    refuse_export(monkeypatch, transformers.BertForSequenceClassification)
    model, wanted = opened(bert), reference(bert)
    with torch.inference_mode():
        model(**ids(2, 5))
        exported.settle(model)
        torch.testing.assert_close(
            model(**ids(3, 7)).logits, wanted(**ids(3, 7)).logits, atol=1e-4, rtol=1e-4
        )
    assert exported.ran(model) == ("bert",)


def test_a_model_that_could_not_be_exported_collects_what_it_did_before(tmp_path, store, monkeypatch):
    config = transformers.SiglipVisionConfig(
        hidden_size=16, intermediate_size=32, num_attention_heads=2, num_hidden_layers=2, image_size=16,
        patch_size=8,
    )  # fmt: skip
    torch.manual_seed(0)
    siglip = saved(transformers.SiglipVisionModel(config), tmp_path / "siglip")
    model, wanted = opened(siglip), reference(siglip)
    refuse_export(monkeypatch, transformers.PreTrainedModel)
    pictures = torch.randn(2, 3, 16, 16)
    with torch.inference_mode():
        for layers in ([-1], True):
            found, expected = (
                each(pictures, output_hidden_states=layers).hidden_states for each in (model, wanted)
            )
            assert len(found) == len(expected) == 3
            torch.testing.assert_close(found[-1], expected[-1])


def test_parts_that_are_looked_into_run_in_torch(bert, store, monkeypatch):
    refuse_export(monkeypatch, transformers.PreTrainedModel)
    model, wanted = opened(bert), reference(bert)
    with torch.inference_mode():
        model(**ids(2, 5))
        assert exported.ran(model) == ("bert.encoder",)
        # The program of the encoder would hide its layers from the model, which collects what they give.
        found, expected = (each(**ids(2, 5), output_hidden_states=True) for each in (model, wanted))
    assert len(found.hidden_states) == 3
    torch.testing.assert_close(found.hidden_states, expected.hidden_states)


def test_a_program_that_answers_otherwise_is_refused(bert, store, monkeypatch):
    open_program = exported.exporting.opened

    def wrong(*given):
        program = open_program(*given)

        def run(**inputs):
            output = program(**inputs)
            for name, value in output.items():
                output[name] = value + 0.1
            return output

        return run

    monkeypatch.setattr(exported.exporting, "opened", wrong)
    model = opened(bert)
    with torch.inference_mode():
        found = model(**ids(2, 5)).logits
        torch.testing.assert_close(found, reference(bert)(**ids(2, 5)).logits)
    with pytest.raises(SkillsetError, match="on openvino does not run: .* is off by"):
        exported.settle(model)


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


def test_what_a_mask_hides_may_be_anything_and_nothing_else():
    mask = torch.tensor([[0, 1, 1], [1, 1, 1]])
    for wanted in (torch.ones(2, 3, 4), torch.ones(2, 5, 3, 4)):
        padded, shown = wanted.clone(), wanted.clone()
        padded.narrow(-2, 0, 1)[0] = 9.0
        shown.narrow(-2, 1, 1)[0] = 9.0
        verifying.check_equal({"hidden": wanted}, {"hidden": padded}, 1e-3, mask)
        with pytest.raises(SkillsetError, match="hidden is off by"):
            verifying.check_equal({"hidden": wanted}, {"hidden": padded}, 1e-3)
        with pytest.raises(SkillsetError, match="hidden is off by"):
            verifying.check_equal({"hidden": wanted}, {"hidden": shown}, 1e-3, mask)


class Scaled(transformers.PreTrainedModel):
    """A model of one weight, which leaves what it is multiplied with as it is."""

    config_class = transformers.BertConfig

    def __init__(self, config):
        super().__init__(config)
        self.scale = torch.nn.Parameter(torch.ones(()))
        self.post_init()


class Halves(Scaled):
    """How many tokens are left where every second one is dropped, as models of sound count them."""

    def forward(self, attention_mask):
        length = attention_mask.sum(-1)
        left = (length - 1) // 2 + 1, torch.div(3 - length, 2, rounding_mode="floor")
        return {"left": torch.stack(left) * self.scale}


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_integers_are_divided_as_torch_divides_them(tmp_path, engine, device):
    halves = saved(Halves(transformers.BertConfig()), tmp_path / "halves")
    model, wanted = opened(halves, engine, device), reference(halves)
    mask = (torch.arange(100) < torch.tensor([[50], [80], [79], [1]])).long()
    with torch.inference_mode():
        model(mask[:2])
        exported.settle(model)
        assert model(mask)["left"].tolist() == wanted(mask)["left"].tolist()


def test_experts_that_torch_loops_over_are_in_a_program(tmp_path):
    torch.manual_seed(0)
    config = transformers.OpenAIPrivacyFilterConfig(
        vocab_size=50, hidden_size=16, intermediate_size=16, num_attention_heads=2, num_key_value_heads=1,
        head_dim=8, num_hidden_layers=1, num_local_experts=4, num_experts_per_tok=2, pad_token_id=0,
    )  # fmt: skip
    experts = saved(transformers.OpenAIPrivacyFilterModel(config), tmp_path / "experts")
    model, wanted = opened(experts, "onnx", "CPUExecutionProvider"), reference(experts)
    assert "eager" in model.get_experts_implementation().values()
    with torch.inference_mode():
        for inputs in (ids(2, 5), ids(3, 9)):
            found, expected = model(**inputs).last_hidden_state, wanted(**inputs).last_hidden_state
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert exported.ran(model) == ("model",)
    assert "eager" in model.get_experts_implementation().values()


class Repeats(Scaled):
    """A mask with each row, each column, and a new axis between repeated."""

    def forward(self, hidden):
        scaled = hidden * self.scale
        written = scaled.repeat_interleave(1, dim=1)
        written[:, 0] = 9.0
        return {
            "written": written + scaled,
            "rows": scaled.repeat_interleave(2, 0),
            "between": scaled.unsqueeze(1).repeat_interleave(2, dim=1),
            "columns": scaled.repeat_interleave(3, dim=-1),
        }


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_what_is_repeated_keeps_its_shape(tmp_path, engine, device):
    repeats = saved(Repeats(transformers.BertConfig()), tmp_path / "repeats")
    model, wanted = opened(repeats, engine, device), reference(repeats)
    with torch.inference_mode():
        for hidden in (torch.randn(2, 5), torch.randn(1, 8)):
            found = model(hidden)
            exported.settle(model)
            for name, expected in wanted(hidden).items():
                assert found[name].tolist() == expected.tolist()


class Normed(Scaled):
    """Rows divided by their size, of which an empty one is nothing, and some is added."""

    def forward(self, hidden):
        squares = hidden.pow(2).mean(-1, keepdim=True)
        again = torch.rsqrt((squares * 2).add_(1e-9))
        return {"hidden": hidden * torch.rsqrt(squares + 1e-8) * self.scale + hidden * again}


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_an_empty_row_is_not_divided_by_nothing(tmp_path, engine, device):
    normed = saved(Normed(transformers.BertConfig()), tmp_path / "normed")
    model, wanted = opened(normed, engine, device), reference(normed)
    hidden = torch.randn(3, 5)
    hidden[1] = 0
    with torch.inference_mode():
        model(torch.randn(2, 5))
        exported.settle(model)
        torch.testing.assert_close(model(hidden)["hidden"], wanted(hidden)["hidden"])


class Padded(Scaled):
    """Hidden states with as many places before them as a buffer says, as codecs of sound pad."""

    def __init__(self, config):
        super().__init__(config)
        self.register_buffer("places", torch.tensor(3))

    def forward(self, hidden):
        return {"hidden": torch.nn.functional.pad(hidden, (int(self.places), 0)) * self.scale}


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_a_buffer_that_decides_on_shapes_is_a_constant(tmp_path, store, engine, device):
    padded = saved(Padded(transformers.BertConfig()), tmp_path / "padded")
    model, wanted = opened(padded, engine, device), reference(padded)
    with torch.inference_mode():
        model(torch.ones(2, 5))
        exported.settle(model)
        found = model(torch.ones(3, 8))["hidden"]
    torch.testing.assert_close(found, wanted(torch.ones(3, 8))["hidden"])
    assert type(model) is Padded
    assert model.places == 3


class Drawing(Scaled):
    """A model that draws, as vocoders and masking models do."""

    def __init__(self, config):
        super().__init__(config)
        self.scale.data.zero_()

    def forward(self, hidden):
        return {"hidden": hidden + torch.rand_like(hidden) * self.scale}


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_what_draws_random_numbers_is_refused(tmp_path, store, engine, device):
    """Though nothing tells it from torch's answer: here its noise is scaled to nothing."""
    model = opened(saved(Drawing(transformers.BertConfig()), tmp_path / "drawing"), engine, device)
    with torch.inference_mode():
        assert model(torch.ones(2, 5))["hidden"].tolist() == torch.ones(2, 5).tolist()
    with pytest.raises(SkillsetError, match=r"draws random numbers \(aten.rand"):
        exported.settle(model)


class Branching(Scaled):
    """A model that asks whether there is more than one token, which torch takes for granted."""

    def forward(self, hidden):
        return {"hidden": hidden * self.scale + (1 if hidden.shape[1] > 1 else 0)}


def test_where_a_model_branches_at_one_token_that_has_another_program(tmp_path):
    branching = saved(Branching(transformers.BertConfig()), tmp_path / "branching")
    model = opened(branching)
    with torch.inference_mode():
        for length, more in ((7, 1), (1, 0), (4, 1), (1, 0)):
            assert model(torch.ones(2, length))["hidden"].unique().tolist() == [1.0 + more]
    assert len(programs(model).opened) == 2


@pytest.mark.parametrize("believed", [True, False])
def test_a_loop_over_tokens_makes_a_program_of_one_length(tmp_path, store, monkeypatch, believed):
    """Also where what was traced claims to take any: a program is tried with another length, too."""
    if believed:
        monkeypatch.setattr(
            exported.exporting.tracing, "accepted", lambda traced, sample, given: given.open()
        )
    torch.manual_seed(0)
    config = transformers.RwkvConfig(vocab_size=50, hidden_size=16, num_hidden_layers=2, context_length=32)
    rwkv = saved(transformers.RwkvForCausalLM(config), tmp_path / "rwkv")
    model, wanted = opened(rwkv), reference(rwkv)
    with torch.inference_mode():
        for length in (4, 6):
            inputs = {"input_ids": ids(2, length)["input_ids"]}
            torch.testing.assert_close(model(**inputs).logits, wanted(**inputs).logits, atol=1e-4, rtol=1e-4)
    assert len(programs(model).opened) == 2


def failing(asked, length, monkeypatch):
    """Have every program fail for texts of a length; what programs are asked goes into `asked`."""
    open_program = exported.exporting.opened

    def opened_to_fail(*given):
        program = open_program(*given)

        def run(**inputs):
            asked.append((given[1], inputs["input_ids"].shape[1]))
            if inputs["input_ids"].shape[1] == length:
                raise RuntimeError("Non-zero status code returned while running Gather node")
            return program(**inputs)

        return run

    monkeypatch.setattr(exported.exporting, "opened", opened_to_fail)


def test_torch_answers_where_a_program_fails(bert, monkeypatch):
    asked = []
    failing(asked, 7, monkeypatch)
    model, wanted = opened(bert), reference(bert)
    with torch.inference_mode():
        model(**ids(2, 5))
        exported.settle(model)
        asked.clear()
        for inputs in (ids(2, 7), ids(2, 5), ids(2, 7)):
            torch.testing.assert_close(model(**inputs).logits, wanted(**inputs).logits, atol=1e-4, rtol=1e-4)
    assert "Gather" in programs(model).failed["model"]
    whole = {each.folder for each in programs(model).kept if each.part == "" and not each.failure}
    # What fails for one size may be wrong for another.
    assert [length for folder, length in asked if folder in whole] == [7]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError()])
def test_a_full_disk_or_memory_is_told_and_not_kept_as_a_failure(bert, store, monkeypatch, error):
    def full(*given):
        raise error

    with monkeypatch.context() as patch, torch.inference_mode(), pytest.raises(type(error)):
        patch.setattr(exported.exporting, "export", full)
        opened(bert)(**ids(2, 5))
    assert Store().all() == []
    model = opened(bert)
    with torch.inference_mode():
        model(**ids(2, 5))
    assert exported.ran(model) == ("model",)


def test_weights_that_no_module_is_called_for_are_back_too(tmp_path, store, monkeypatch):
    failing([], 12, monkeypatch)  # so that torch answers, once settled
    torch.manual_seed(0)
    config = transformers.ReformerConfig(
        vocab_size=50, hidden_size=16, num_attention_heads=2, attention_head_size=8, feed_forward_size=16,
        attn_layers=["local"], axial_pos_shape=[4, 4], axial_pos_embds_dim=[8, 8], is_decoder=False,
        max_position_embeddings=16, local_attn_chunk_length=4, num_hidden_layers=1,
    )  # fmt: skip
    reformer = saved(transformers.ReformerForMaskedLM(config), tmp_path / "reformer")
    model, wanted = opened(reformer), reference(reformer)
    with torch.inference_mode():
        for length in (16, 12):
            inputs = {"input_ids": ids(2, length)["input_ids"]}
            torch.testing.assert_close(model(**inputs).logits, wanted(**inputs).logits, atol=1e-4, rtol=1e-4)
            if length == 16:
                exported.settle(model)


def test_why_an_export_failed_is_kept_and_it_is_not_tried_again(bert, store, monkeypatch):
    tries = []

    def fail(engine, module, given, dynamic, folder):
        tries.append(type(module).__name__)
        (folder / "openvino_model.xml").write_text("half of it")
        raise ValueError("no such operator")

    monkeypatch.setattr(exported.exporting, "export", fail)
    for _ in range(2):
        with torch.inference_mode():
            opened(bert)(**ids(2, 5))
    assert tries.count("BertForSequenceClassification") == 2  # open axes, then fixed ones
    records = [json.loads((path / "part.json").read_text()) for path in store.all()]
    assert {record["failure"] for record in records} == {"ValueError: no such operator"}
    assert {file.name for path in store.all() for file in path.iterdir()} == {"part.json"}


def test_threads_that_ask_at_once_share_one_program(bert, store):
    model, wanted = opened(bert), reference(bert)
    asked = [ids(2, 5, seed) for seed in range(8)]
    found = {}

    def ask(number):
        with torch.inference_mode():
            found[number] = model(**asked[number]).logits

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(asked)
    with torch.inference_mode():
        for number, logits in found.items():
            torch.testing.assert_close(logits, wanted(**asked[number]).logits, atol=1e-4, rtol=1e-4)
    assert len(programs(model).opened) == 1


def test_the_checkpoint_can_be_saved_after_its_weights_are_let_go(bert, tmp_path):
    model = opened(bert)
    with torch.inference_mode():
        model(**ids(2, 5))
    exported.settle(model)
    model.save_pretrained(tmp_path / "again")
    again = bert[0].from_pretrained(tmp_path / "again")
    torch.testing.assert_close(dict(again.named_parameters()), dict(reference(bert).named_parameters()))


def test_an_engine_that_is_absent_is_named(bert, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(SkillsetError, match="openvino cannot be imported"):
        opened(bert)


def test_artifacts_are_written_whole_or_not_at_all(store):
    def fail(folder):
        (folder / "half").write_text("x")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        store.get("group", "name", fail)
    assert store.all() == []
    assert store.get("group", "name", lambda folder: (folder / "whole").write_text("x")).name == "name"


def test_the_least_recently_used_artifacts_go_first(tmp_path):
    store = Store(tmp_path / "small", limit=250)
    for name in ("a", "b"):
        store.get("group", name, lambda folder: (folder / "data").write_bytes(b"x" * 100))
    os.utime(store.root / "group" / "b", (1, 1))
    store.get("group", "c", lambda folder: (folder / "data").write_bytes(b"x" * 100))
    assert sorted(path.name for path in store.all()) == ["a", "c"]
    assert sum(map(size, store.all())) <= 250
    store.clear()
    assert store.all() == []


@pytest.mark.parametrize(("engine", "device"), ENGINES)
def test_pictures_of_different_sizes_are_looked_at_apart(tmp_path, engine, device, store):
    """Exporters take packed pictures for equally large where the sample's are, and a graph does not ask."""
    torch.manual_seed(0)
    config = transformers.models.qwen2_vl.configuration_qwen2_vl.Qwen2VLVisionConfig(
        depth=2, embed_dim=16, hidden_size=16, num_heads=2, patch_size=2, temporal_patch_size=1, mlp_ratio=2
    )
    looker = transformers.models.qwen2_vl.modeling_qwen2_vl.Qwen2VisionTransformerPretrainedModel
    tower = saved(looker(config), tmp_path / "tower")
    model, wanted = opened(tower, engine, device), reference(tower)
    with torch.inference_mode():
        for sizes in ([[4, 4], [4, 4]], [[2, 4], [6, 4]], [[6, 2], [2, 6]]):
            grid = torch.tensor([[1, *size] for size in sizes])
            patches = torch.randn(int(grid.prod(1).sum()), 12, generator=torch.manual_seed(1))
            found, expected = (each(patches, grid_thw=grid).pooler_output for each in (model, wanted))
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert exported.ran(model) == ("model",)


def test_a_blank_picture_does_not_hide_that_a_program_is_wrong(tmp_path, store):
    """transformers 5.23 exports attention of glm_ocr's pictures without the norms of queries and keys."""
    torch.manual_seed(0)
    config = transformers.models.glm_ocr.configuration_glm_ocr.GlmOcrVisionConfig(
        depth=1, hidden_size=16, intermediate_size=32, num_heads=2, patch_size=2, temporal_patch_size=1,
        out_hidden_size=16, initializer_range=1.0,
    )  # fmt: skip
    looker = transformers.models.glm_ocr.modeling_glm_ocr.GlmOcrVisionModel
    tower = saved(looker(config), tmp_path / "tower")
    model, wanted = opened(tower), reference(tower)
    grid = torch.tensor([[1, 4, 4], [1, 4, 4]])
    with torch.inference_mode():
        for patches in (torch.ones(32, 12), torch.randn(32, 12)):
            found, expected = (each(patches, grid_thw=grid).pooler_output for each in (model, wanted))
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
