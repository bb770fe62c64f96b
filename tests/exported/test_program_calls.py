"""Which calls a program answers: others have one of their own, or torch answers them."""

import pytest
import torch
import transformers
from exported_models import ENGINES, Scaled, failing, ids, opened, padded, programs, reference, saved

from skillset_runtime import calls, exported, verifying
from skillset_runtime.errors import SkillsetError

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")


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


def test_a_call_of_another_kind_is_exported_when_it_comes(bert):
    model, wanted = opened(bert), reference(bert)
    embeds = torch.randn(2, 4, 16)
    with torch.inference_mode():
        model(**ids(2, 5))
        exported.settle(model)
        found, expected = model(inputs_embeds=embeds).logits, wanted(inputs_embeds=embeds).logits
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


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
