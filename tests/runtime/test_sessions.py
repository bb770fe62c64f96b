"""ONNX Runtime computes where it was asked to, or says why not; by itself it falls back to the processor."""

from __future__ import annotations

import platform
from collections import Counter
from types import SimpleNamespace

import numpy
import pytest

from skillset_runtime import sessions
from skillset_runtime.errors import SkillsetError
from skillset_runtime.sessions import CPU, QNN

runtime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
CUDA = "CUDAExecutionProvider"
ABSENT = "CoreMLExecutionProvider" if platform.system() == "Linux" else "ROCMExecutionProvider"


def graph(*operators: str) -> bytes:
    """A model that puts a vector through operators of one input, one after the other."""
    helper = onnx.helper
    vectors = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [4])
        for name in ("0", str(len(operators)))
    ]
    nodes = [helper.make_node(kind, [str(at)], [str(at + 1)]) for at, kind in enumerate(operators)]
    made = helper.make_graph(nodes, "chain", vectors[:1], vectors[1:])
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    ).SerializeToString()


def test_a_session_tells_what_computes_its_nodes(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(graph("Neg", "Abs", "Neg"))
    session = sessions.open_session(path, CPU, threads=1)
    assert sessions.assigned(session) == {CPU: Counter(Neg=2, Abs=1)}
    assert session.run(None, {"0": numpy.array([1, -2, 3, 4], numpy.float32)})[0].tolist() == [-1, -2, -3, -4]


def test_a_provider_that_the_build_does_not_have_is_refused(capfd):
    with pytest.raises(SkillsetError, match=f"has no {ABSENT}, but .*{CPU}"):
        sessions.open_session(graph("Neg"), ABSENT)
    assert capfd.readouterr() == ("", "")


def test_a_session_that_fell_back_is_refused():
    fallen_back = runtime.InferenceSession(graph("Neg"), providers=[CPU])
    with pytest.raises(SkillsetError, match=f"{ABSENT} was asked for, and the session got {CPU}"):
        sessions.check(fallen_back, ABSENT)


def test_a_provider_whose_library_does_not_load_is_refused_with_the_loaders_words(tmp_path):
    (tmp_path / "capi").mkdir()
    (tmp_path / "capi" / "libonnxruntime_providers_cuda.so").write_text("no library")
    build = SimpleNamespace(
        __version__="1", __file__=str(tmp_path / "it.py"), get_available_providers=lambda: [CUDA, CPU]
    )
    sessions.available(build, CPU)
    with pytest.raises(SkillsetError, match=f"{CUDA} cannot be used here: .*providers_cuda.so"):
        sessions.available(build, CUDA)


def test_a_graph_that_cannot_be_opened_is_an_error_and_no_print(capfd):
    with pytest.raises(SkillsetError, match=f"{CPU} does not open the graph"):
        sessions.open_session(b"no graph", CPU)
    assert capfd.readouterr() == ("", "")


def test_only_qualcomms_provider_is_simulated():
    assert not sessions.is_simulated(CPU)
    assert sessions.is_simulated(QNN) == (platform.machine() in ("x86_64", "AMD64"))
