"""Programs for a browser: checked, equal to torch, of any size for WebGPU and of one size for WebNN."""

from __future__ import annotations

import json

import numpy
import pytest
import torch
import transformers

from skillset_runtime import Handler, sessions, web
from skillset_runtime.errors import SkillsetError
from skillset_runtime.placing import Placement
from skillset_runtime.resources import Resources

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


class Embedder(Handler):
    """Puts tokens through a small BERT, and what it says through a layer of its own."""

    task = "embed"
    read = staticmethod(lambda tokens: [tokens])

    def __init__(self):
        torch.manual_seed(0)
        config = transformers.BertConfig(
            vocab_size=50, hidden_size=16, intermediate_size=32, num_attention_heads=2, num_hidden_layers=1
        )
        model = transformers.BertModel(config, add_pooling_layer=False)
        super().__init__(Resources(), model, None, Placement("cpu", "cpu", "float32"))

    def example(self):
        return {"tokens": [3, 4, 5]}

    def answer(self, rows):
        return {"hidden": self.model(input_ids=torch.tensor(rows)).last_hidden_state.tolist()}


@pytest.mark.parametrize(
    ("static", "sizes", "asked"), [(False, [None, None], (3, 7)), (True, [1, 3], (1, 3))]
)
def test_programs_answer_as_torch_does(tmp_path, static, sizes, asked):
    tokens = numpy.random.default_rng(0).integers(0, 50, asked)
    expected = Embedder().answer(tokens.tolist())["hidden"]
    (program,) = web.write(Embedder(), tmp_path / "web", static)
    assert json.loads((tmp_path / "web" / web.INDEX).read_text()) == [program]
    assert program["part"] == "model"
    assert program["inputs"] == [{"name": "input_ids", "type": "int64", "sizes": sizes}]
    batch, length = program["takes"]["input_ids"]
    assert (batch, length) == (1, 3) if static else program["conditions"] == [f"{length} <= 512"]
    (output,) = program["outputs"]
    assert (output["name"], output["type"]) == ("last_hidden_state", "float")
    session = sessions.open_session(tmp_path / "web" / program["file"], sessions.CPU)
    (got,) = session.run([output["name"]], {"input_ids": tokens})
    assert numpy.allclose(got, expected, atol=1e-5)


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(SkillsetError, match="is not empty"):
        web.write(Embedder(), tmp_path, static=False)


def test_what_cannot_be_exported_is_an_error(tmp_path):
    class Random(Embedder):
        def answer(self, rows):
            return {"sum": [sum(row) for row in rows]}  # its model is not called

    with pytest.raises(SkillsetError, match="Random cannot be exported: its model was not called"):
        web.write(Random(), tmp_path / "web", static=False)


def test_the_command_names_what_is_wrong(tmp_path, capsys):
    absent = str(tmp_path / "hf_bert.py")
    assert web.main([absent, "checkpoint", str(tmp_path / "web")]) == 1
    assert capsys.readouterr().err == f"error: {absent} is no skillset\n"
