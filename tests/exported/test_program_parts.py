"""Models of which parts run as programs, and the weights that only programs need."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import transformers
from exported_models import failing, ids, opened, reference, refuse_export, saved

from skillset_runtime import exported

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")


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


def test_weights_that_programs_hold_are_let_go(bert):
    model = opened(bert)
    before = sum(parameter.nbytes for parameter in model.parameters())
    with torch.inference_mode():
        model(**ids(2, 5))
    exported.settle(model)
    assert sum(parameter.nbytes for parameter in model.parameters()) < before / 10


def test_what_no_program_takes_is_computed_with_weights_loaded_again(bert):
    model, wanted = opened(bert), reference(bert)
    hidden = torch.randn(2, 16)
    with torch.inference_mode():
        model(**ids(2, 5))
        exported.settle(model)
        torch.testing.assert_close(model.classifier(hidden), wanted.classifier(hidden))


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


def test_the_checkpoint_can_be_saved_after_its_weights_are_let_go(bert, tmp_path):
    model = opened(bert)
    with torch.inference_mode():
        model(**ids(2, 5))
    exported.settle(model)
    model.save_pretrained(tmp_path / "again")
    again = bert[0].from_pretrained(tmp_path / "again")
    torch.testing.assert_close(dict(again.named_parameters()), dict(reference(bert).named_parameters()))
